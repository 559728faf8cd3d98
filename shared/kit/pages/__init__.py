"""What consumers' pages of every service are made with: a frame, its style sheet, forms, languages and sealed links."""
