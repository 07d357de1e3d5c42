"""Planning, starting, following and stopping bulk runs."""
