"""The places where moto is opened, one small module each; a probe test holds every one of them."""
