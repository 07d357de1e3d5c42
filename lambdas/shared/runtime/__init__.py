"""Between Lambda and the services: environment, HTTP, server-sent events, the streaming loop, log lines."""
