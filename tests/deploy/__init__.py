"""The launcher's own promises, tried on real processes, because they are kept by the kernel and not by our code alone."""
