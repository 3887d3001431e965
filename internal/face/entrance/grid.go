package entrance

import (
	"context"
	"strconv"

	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// tile is one place of the grid. URL is "" where there is no entrance.
type tile struct {
	ID       office.NodeID
	Name     string
	Col, Row int
	Outside  bool   // 台湾, 香港, 澳门: beyond the reach of the two lists
	URL      string // of its entrance, "" if it has none
	To       string // where the tile leads; "" is the place's own page
}

// The grid's measures in units of the drawing.
const (
	tileSize, tileStep = 58, 64
	gridCols, gridRows = 9, 8
)

func (t tile) x() string    { return strconv.Itoa(t.Col*tileStep + 3) }
func (t tile) y() string    { return strconv.Itoa(t.Row*tileStep + 3) }
func (t tile) midX() string { return strconv.Itoa(t.Col*tileStep + 3 + tileSize/2) }
func (t tile) midY() string { return strconv.Itoa(t.Row*tileStep + 3 + tileSize/2 + 7) }

// page is where the tile leads.
func (t tile) page() string {
	if t.To != "" {
		return t.To
	}
	return "/regions/" + string(t.ID)
}

// positions are column and row of every place: roughly where it lies, one equal square each, no boundary.
var positions = map[office.NodeID][2]int{
	"23": {8, 0}, "15": {5, 1}, "22": {8, 1}, "66": {0, 2}, "65": {1, 2}, "62": {3, 2}, "64": {4, 2}, "11": {6, 2},
	"12": {7, 2}, "21": {8, 2}, "63": {2, 3}, "61": {4, 3}, "14": {5, 3}, "13": {6, 3}, "37": {7, 3}, "54": {1, 4},
	"51": {3, 4}, "50": {4, 4}, "41": {5, 4}, "34": {6, 4}, "32": {7, 4}, "52": {4, 5}, "42": {5, 5}, "36": {6, 5},
	"33": {7, 5}, "31": {8, 5}, "53": {3, 6}, "45": {4, 6}, "43": {5, 6}, "44": {6, 6}, "35": {7, 6}, "71": {8, 6},
	"46": {4, 7}, "82": {5, 7}, "81": {6, 7},
}

// tiles lists all places by code.
func (b *base) tiles(ctx context.Context) []tile {
	var out []tile
	for _, r := range b.Regions.Children("") {
		id := office.NodeID(r.Code.Province())
		at, ok := positions[id]
		if !ok {
			continue
		}
		t := tile{ID: id, Name: r.Short, Col: at[0], Row: at[1], Outside: !r.Node, URL: b.Entrances[id]}
		if t.Name == "" {
			t.Name = shortest(r)
		}
		if page.PrefsOf(ctx).Lang == "en" && r.En != "" {
			t.Name = r.En
		}
		out = append(out, t)
	}
	return out
}

func shortest(r region.Region) string {
	if name := []rune(r.Name); len(name) > 2 {
		return string(name[:2])
	}
	return r.Name
}

// tileName is what fits into the square: the Chinese short name, in English the place's letters.
func (b *base) tileName(ctx context.Context, t tile) string {
	r, _ := b.Regions.Lookup(region.Code(string(t.ID) + "0000000000"))
	if page.PrefsOf(ctx).Lang == "en" && r.En != "" {
		letters := []rune(r.En)
		return string(letters[:min(4, len(letters))])
	}
	return t.Name
}
