//! What a person does, through the real window.
