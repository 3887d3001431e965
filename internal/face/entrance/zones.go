package entrance

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/domain/zone"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// zoneView is /zones/{zone}: who is in it, and what works between any two of its members.
type zoneView struct {
	zone.Zone
	Title    string
	Note     string
	Names    []string // of the members, in their order
	Items    []matter // what the zone agreed on beside the national lists
	Unproved bool     // its list of members was not read in a source
}

func (b *base) zone(w http.ResponseWriter, r *http.Request) error {
	z, ok := b.Zones.Zone(r.PathValue("zone"))
	if !ok {
		return noPage("zone")
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v := zoneView{
			Zone: z, Title: answerText(ctx, z.Name, z.NameEn), Note: answerText(ctx, z.Note, z.NoteEn), Unproved: z.Mark != item.Sourced && z.Mark != item.Confirmed,
		}
		for _, m := range z.Members {
			v.Names = append(v.Names, b.shortName(ctx, m))
		}
		if !slices.Contains(z.Items, "*") {
			for _, code := range z.Items {
				if it, ok := b.Catalogue.Item(code); ok {
					v.Items = append(v.Items, b.matter(ctx, it))
				}
			}
		}
		return view{Title: v.Title, Back: "/regions", Body: zonePage(b, v)}, nil
	})
}

// shortName is what fits into a table: a province's short name, any other place's own name.
func (b *base) shortName(ctx context.Context, c region.Code) string {
	r, _ := b.Regions.Lookup(c)
	switch {
	case page.PrefsOf(ctx).Lang == "en" && r.En != "":
		return r.En
	case r.Short != "":
		return r.Short
	}
	return r.Name
}

// zoneLinks are all zones in force, with how many members each has.
func (b *base) zoneLinks(ctx context.Context) []choice {
	return zoneChoices(ctx, slices.DeleteFunc(b.Zones.All(), func(z zone.Zone) bool { return !z.In(b.today()) }))
}

// zonesOf are the zones in which all of the places are.
func (b *base) zonesOf(ctx context.Context, places ...region.Code) []choice {
	list := b.Zones.Containing(places[0], b.today(), b.Regions)
	for _, p := range places[1:] {
		list = slices.DeleteFunc(list, func(z zone.Zone) bool {
			_, in := z.Member(p, b.Regions)
			return !in
		})
	}
	return zoneChoices(ctx, list)
}

func zoneChoices(ctx context.Context, list []zone.Zone) []choice {
	var out []choice
	for _, z := range list {
		out = append(out, choice{Href: "/zones/" + z.Key, Text: answerText(ctx, z.Name, z.NameEn)})
	}
	return out
}

// arranged is all matters of a subject by theme, life event or department; larger ones first, empty ones left out. For both
// subjects the groups of persons and organisations that have one key are one.
func (b *base) arranged(ctx context.Context, by, subject string) []topic {
	key := by + "|" + subject + "|" + page.PrefsOf(ctx).Lang
	if list, ok := b.laid.Load(key); ok {
		out, _ := list.([]topic)
		return out
	}
	out := b.arrange(ctx, by, subject)
	b.laid.Store(key, out)
	return out
}

func (b *base) arrange(ctx context.Context, by, subject string) []topic {
	lists := map[string]func(zone.Subject, *item.Catalogue) []zone.Group{
		"theme": b.Zones.Themes, "event": b.Zones.Events, "dept": b.Zones.Departments,
	}
	var out []topic
	for _, s := range []zone.Subject{zone.Person, zone.Org} {
		if subject != "" && subject != string(s) {
			continue
		}
		for _, g := range lists[by](s, b.Catalogue) {
			if len(g.Items) == 0 {
				continue
			}
			i := slices.IndexFunc(out, func(t topic) bool { return t.Key == g.Key })
			if i < 0 {
				i, out = len(out), append(out, topic{Key: g.Key, Name: answerText(ctx, g.Name, g.NameEn)})
			}
			for _, it := range g.Items {
				if !slices.ContainsFunc(out[i].Items, func(have item.Item) bool { return have.Code == it.Code }) {
					out[i].Items = append(out[i].Items, it)
				}
			}
		}
	}
	for i := range out {
		out[i].Count = countModes(out[i].Items)
	}
	if by != "event" { // a life has its own order
		slices.SortStableFunc(out, func(x, y topic) int { return cmp.Compare(len(y.Items), len(x.Items)) })
	}
	return out
}

// links are a cut's topics as links.
func (b *base) links(ctx context.Context, by, subject string) []choice {
	var out []choice
	for _, t := range b.arranged(ctx, by, subject) {
		out = append(out, choice{topicHref(by, t.Key, subject), t.Name, len(t.Items)})
	}
	return out
}
