package sharing

import (
	"context"
	"maps"
	"slices"

	"tongban/internal/kernel/workday"
	"tongban/internal/page"
	"tongban/internal/page/text"
)

// zone is where people read times.
var zone = workday.Zone

// fieldWord names what a source gives, where the form of a matter has no word for it.
func fieldWord(ctx context.Context, name string) string {
	if text.Has("sharing.gives." + name) {
		return page.T(ctx, "sharing.gives."+name)
	}
	return page.T(ctx, "sharing.gives.other")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func fieldWords(list []named) string {
	var out []string
	for _, n := range list {
		out = append(out, n.Text)
	}
	return joined(out)
}
