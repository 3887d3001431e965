package page

import "testing"

func TestTilesDoNotCollide(t *testing.T) {
	seen := map[[2]int]string{}
	for id, at := range tiles {
		if other, ok := seen[at]; ok {
			t.Errorf("%s and %s share %v", id, other, at)
		}
		seen[at] = id
	}
	if len(tiles) != 35 {
		t.Errorf("%d places, want 34 and the Corps", len(tiles))
	}
}
