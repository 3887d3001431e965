package board

import (
	"context"
	"strconv"

	"tongban/internal/domain/office"
	"tongban/internal/page"
)

// tile is one place of the grid with its value.
type tile struct {
	id       office.NodeID
	name     string
	value    cell
	outside  bool
	col, row int
}

// The measures of the grid in units of its drawing.
const tileSize, tileStep = 58, 64

func (t tile) x() string      { return strconv.Itoa(t.col*tileStep + 3) }
func (t tile) y() string      { return strconv.Itoa(t.row*tileStep + 3) }
func (t tile) midX() string   { return strconv.Itoa(t.col*tileStep + 3 + tileSize/2) }
func (t tile) nameY() string  { return strconv.Itoa(t.row*tileStep + 3 + 25) }
func (t tile) valueY() string { return strconv.Itoa(t.row*tileStep + 3 + 46) }
func (t tile) class() string {
	switch {
	case t.outside:
		return "tb-cell tb-cell--out"
	case t.value.Ramp > 0:
		return "tb-cell tb-cell--" + strconv.Itoa(t.value.Ramp)
	}
	return "tb-cell"
}

// drawn are all places of the grid; those without figures have none, those beyond the scheme are dashed.
func (f *Face) drawn(ctx context.Context, list []tile) []tile {
	var out []tile
	for _, r := range f.cfg.Regions.Children("") {
		id := office.NodeID(r.Code.Province())
		t := tile{id: id, name: f.name(ctx, id), outside: !r.Node}
		var ok bool
		if t.col, t.row, ok = page.TileAt(string(id)); !ok {
			continue
		}
		for _, have := range list {
			if have.id == id {
				t.value = have.value
			}
		}
		if letters := []rune(t.name); page.PrefsOf(ctx).Lang == "en" {
			t.name = string(letters[:min(4, len(letters))])
		} else {
			t.name = string(letters[:min(3, len(letters))])
		}
		out = append(out, t)
	}
	return out
}
