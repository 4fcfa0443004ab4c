"""What to show, without saying how: views declared once, the filter language, and the text formats."""
