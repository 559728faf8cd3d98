"""Pages as people meet them: a real Chromium, without script, by keyboard, on a narrow screen, under axe."""
