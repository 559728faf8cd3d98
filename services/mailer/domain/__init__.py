"""Pure decisions of the mailer on frozen values: states, outcomes, retries. No I/O, no clock, no framework."""
