"""Pages: one template, one style sheet, and how texts that models wrote are shown in them."""
