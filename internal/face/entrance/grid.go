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

// tiles lists all places by code.
func (b *base) tiles(ctx context.Context) []tile {
	var out []tile
	for _, r := range b.Regions.Children("") {
		id := office.NodeID(r.Code.Province())
		col, row, ok := page.TileAt(string(id))
		if !ok {
			continue
		}
		t := tile{ID: id, Name: r.Short, Col: col, Row: row, Outside: !r.Node, URL: b.Entrances[id]}
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
