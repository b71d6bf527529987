"""Pictures on their way through the deployed workflow, and what data capture keeps of them."""
