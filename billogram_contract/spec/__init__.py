"""What is promised: the description, the clauses, and the customer as a document."""
