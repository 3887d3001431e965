package region

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
)

// Status is what the table knows about a code.
type Status uint8

// The three states. A Historical code names a division that was abolished; its successors stand in the Region.
const (
	Unknown Status = iota
	Current
	Historical
)

// Region is one row of the table. From and Until are as exact as the source: a year, a month or a day; both are empty
// for a division that the published list holds without a change.
type Region struct {
	Code       Code
	Name       string // as the list writes it, in Chinese
	Level      Level
	Parent     Code   // "" for a province
	From       string // first in force, where a change is recorded
	Until      string // abolished, for a historical code
	Successors []Code // the division that took over most of it stands first
	Source     string
	Provenance string // "published" for the list itself, else "medium" or "memory"

	Short string // provinces only: the name without its kind
	En    string // provinces only: the English name
	Label string // provinces only: lower-case letters, used as host label
	Node  bool   // one of the 31 provinces and the Corps, which run a node
}

// Table is the whole list; it is read only after Load and safe for concurrent use.
type Table struct {
	rows     map[Code]*Region
	children map[Code][]Code
	nodes    []Code
}

// Default is the table of the catalogue inside the binary, loaded once.
var Default = sync.OnceValues(func() (*Table, error) { return Load(catalogue.FS) })

// Load reads regions.tsv (the published list), regions_overlay.tsv (later changes and historical codes, which win),
// regions_en.tsv (names of provinces) and any streets*.tsv (same columns as the list). A row that cannot be right is
// errs.RegionData.
func Load(fsys fs.FS) (*Table, error) {
	t := &Table{rows: map[Code]*Region{}, children: map[Code][]Code{}}
	files, err := fs.Glob(fsys, "streets*.tsv")
	if err != nil {
		return nil, errs.Wrap(errs.RegionData, err, "streets")
	}
	for _, name := range append([]string{"regions.tsv"}, files...) {
		if err := eachRow(fsys, name, t.addListed); err != nil {
			return nil, err
		}
	}
	if err := eachRow(fsys, "regions_overlay.tsv", t.addOverlay); err != nil {
		return nil, err
	}
	if err := eachRow(fsys, "regions_en.tsv", t.addNames); err != nil {
		return nil, err
	}
	for code, r := range t.rows {
		if r.Parent != "" && t.rows[r.Parent] == nil {
			return nil, errs.New(errs.RegionData, "%s: no row for its parent %s", code, r.Parent)
		}
		for _, s := range r.Successors {
			if t.rows[s] == nil {
				return nil, errs.New(errs.RegionData, "%s: no row for its successor %s", code, s)
			}
		}
		if r.Until == "" {
			t.children[r.Parent] = append(t.children[r.Parent], code)
		}
		if r.Node {
			t.nodes = append(t.nodes, code)
		}
	}
	for _, c := range t.children {
		slices.Sort(c)
	}
	slices.Sort(t.nodes)
	return t, nil
}

type row map[string]string

// eachRow reads a file of tab-separated values whose first line names the columns.
func eachRow(fsys fs.FS, name string, add func(row) error) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return errs.Wrap(errs.RegionData, err, "%s", name)
	}
	var head []string
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if head == nil {
			head = cells
			continue
		}
		if len(cells) != len(head) {
			return errs.New(errs.RegionData, "%s line %d: %d columns where %d are due", name, n, len(cells), len(head))
		}
		r := row{}
		for i, h := range head {
			r[h] = cells[i]
		}
		if err := add(r); err != nil {
			return errs.Wrap(errs.RegionData, err, "%s line %d", name, n)
		}
	}
	return nil
}

// base reads the columns that lists and overlay share.
func (r row) base() (*Region, error) {
	code, err := Parse(r["code"])
	if err != nil {
		return nil, err
	}
	reg := &Region{Code: code, Name: r["name"], Source: r["source"]}
	if i := slices.Index(levelNames[:], r["level"]); i > 0 {
		reg.Level = Level(i) //nolint:gosec // there are eight names
	}
	if r["parent"] != "" {
		if reg.Parent, err = Parse(r["parent"]); err != nil {
			return nil, err
		}
	}
	if reg.Name == "" || reg.Level == NoLevel || (reg.Parent == "") != (reg.Level == Province) || reg.Parent == code {
		return nil, errs.New(errs.RegionData, "%s: name, level or parent", code)
	}
	return reg, nil
}

func (t *Table) addListed(r row) error {
	reg, err := r.base()
	if err != nil {
		return err
	}
	if t.rows[reg.Code] != nil {
		return errs.New(errs.RegionData, "%s stands twice", reg.Code)
	}
	reg.Provenance = cmp.Or(r["provenance"], "published")
	t.rows[reg.Code] = reg
	return nil
}

func (t *Table) addOverlay(r row) error {
	reg, err := r.base()
	if err != nil {
		return err
	}
	reg.From, reg.Until, reg.Provenance = r["from"], r["until"], r["provenance"]
	for s := range strings.SplitSeq(r["successor"], ",") {
		if s == "" {
			continue
		}
		c, err := Parse(s)
		if err != nil {
			return err
		}
		reg.Successors = append(reg.Successors, c)
	}
	if reg.Source == "" || reg.Provenance == "" {
		return errs.New(errs.RegionData, "%s: a change without source or provenance", reg.Code)
	}
	t.rows[reg.Code] = reg
	return nil
}

func (t *Table) addNames(r row) error {
	code, err := Parse(r["code"])
	if err != nil {
		return err
	}
	reg := t.rows[code]
	if reg == nil || reg.Level != Province || r["short"] == "" || r["name_en"] == "" || r["label"] == "" {
		return errs.New(errs.RegionData, "%s: not a province, or a name is missing", code)
	}
	reg.Short, reg.En, reg.Label, reg.Node = r["short"], r["name_en"], r["label"], r["node"] == "yes"
	return nil
}
