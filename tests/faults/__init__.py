"""Long runs with seeded faults, outside CI: `./dueback test tests/faults`."""
