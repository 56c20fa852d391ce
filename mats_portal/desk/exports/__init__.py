"""Files for staff: what may stand in them, how they are written, who may take them."""
