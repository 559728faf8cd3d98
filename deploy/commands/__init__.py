"""One file per subcommand of `./dueback`, found by its name."""
