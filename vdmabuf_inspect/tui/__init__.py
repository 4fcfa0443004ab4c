"""The terminal interface: it polls a session and draws what is visible. Only this package knows Textual."""
