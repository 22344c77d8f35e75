"""What people submit and others approve: forms, checks, tables, evidence, and the views that count."""
