"""The local cloud: every seam into moto is probed here, so that an upgrade that moves one fails loudly."""
