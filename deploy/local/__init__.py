"""Everything a single machine needs beside the services: PostgreSQL, secrets, a mail catcher and a supervisor."""
