"""The socket and the routes: what comes in is read and bounded, what goes out is bytes."""
