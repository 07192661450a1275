"""The two theoretical chapters' models: matching across borders and productivity that moves."""
