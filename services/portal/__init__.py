"""Portal: sign-in of API clients, subscribers, locations, clients and the status page; nothing on the sending path depends on it."""
