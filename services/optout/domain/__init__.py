"""Pure decisions on frozen ledger entries."""
