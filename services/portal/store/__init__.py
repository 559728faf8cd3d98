"""Portal's SQL, one module per aggregate."""
