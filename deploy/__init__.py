"""What starts Dueback on one machine, because a person types two commands and nothing else."""
