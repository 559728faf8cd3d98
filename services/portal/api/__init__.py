"""The public face of portal, one module per resource."""
