"""What only the chapter on training dynamics needs: records of growth, onsets, histories."""
