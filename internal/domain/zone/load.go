package zone

import (
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
)

const (
	themesFile      = "themes.tsv"
	zoneThemesFile  = "zone_themes.tsv"
	departmentsFile = "departments.tsv"
	eventsFile      = "events.toml"
	zonesFile       = "zones.toml"
)

// Default is what is embedded in the binary. It panics if that does not load, which the tests of this package rule out.
var Default = sync.OnceValue(func() *Zones {
	z, err := Load(catalogue.FS)
	if err != nil {
		panic(err)
	}
	return z
})

// Load reads the folder zones of a catalogue; errs.CatalogueBroken names the file and line that cannot be read.
func Load(fsys fs.FS) (*Zones, error) {
	sub, err := fs.Sub(fsys, "zones")
	if err != nil {
		return nil, errs.Wrap(errs.CatalogueBroken, err, "zones")
	}
	z := &Zones{}
	err = table(sub, themesFile, "subject code name name_en mark source", func(m map[string]string) {
		z.themes = append(z.themes, Theme{Subject(m["subject"]), m["code"], m["name"], m["name_en"], item.Mark(m["mark"]), m["source"]})
	})
	if err != nil {
		return nil, err
	}
	err = table(sub, zoneThemesFile, "subject key name name_en themes mark source", func(m map[string]string) {
		z.zoneThemes = append(z.zoneThemes, ZoneTheme{
			Subject(m["subject"]), m["key"], m["name"], m["name_en"], strings.Split(m["themes"], ","), item.Mark(m["mark"]), m["source"],
		})
	})
	if err != nil {
		return nil, err
	}
	err = table(sub, departmentsFile, "key name name_en items_dept", func(m map[string]string) {
		z.departments = append(z.departments, Department{m["key"], m["name"], m["name_en"], strings.Split(m["items_dept"], ",")})
	})
	if err != nil {
		return nil, err
	}
	var ev struct{ Event []Event }
	var zo struct{ Zone []Zone }
	if err := decode(sub, eventsFile, &ev); err != nil {
		return nil, err
	}
	if err := decode(sub, zonesFile, &zo); err != nil {
		return nil, err
	}
	z.events, z.zones = ev.Event, zo.Zone
	return z, nil
}

func table(fsys fs.FS, file, heading string, row func(map[string]string)) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "zones/%s", file)
	}
	names, n := strings.Fields(heading), 0
	for l := range strings.Lines(string(b)) {
		n++
		cells := strings.Split(strings.TrimRight(l, "\r\n"), "\t")
		if len(cells) != len(names) || (n == 1 && !slices.Equal(cells, names)) {
			return errs.New(errs.CatalogueBroken, "zones/%s:%d: the columns are %s", file, n, heading)
		}
		if n == 1 {
			continue
		}
		m := make(map[string]string, len(cells))
		for i, name := range names {
			m[name] = strings.TrimSpace(cells[i])
		}
		row(m)
	}
	return nil
}

func decode(fsys fs.FS, file string, into any) error {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "zones/%s", file)
	}
	meta, err := toml.Decode(string(b), into)
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "zones/%s", file)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return errs.New(errs.CatalogueBroken, "zones/%s: unknown key %s", file, u[0])
	}
	return nil
}
