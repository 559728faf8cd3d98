"""The five services of Dueback; none imports another."""
