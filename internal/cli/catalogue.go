package cli

import (
	"context"
	"io/fs"
	"os"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/zone"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// runCatalogue is `catalogue lint` and `catalogue list`.
func runCatalogue(_ context.Context, e *env) int {
	f := e.flags("catalogue")
	e.withJSON(f)
	dir := f.String("dir", "", "a catalogue folder instead of the one inside the binary")
	rest, code, ok := e.parse(f, 1)
	if !ok {
		return code
	}
	var fsys fs.FS = catalogue.FS
	if *dir != "" {
		if _, err := os.Stat(*dir); err != nil {
			return e.fail(err)
		}
		fsys = os.DirFS(*dir)
	}
	switch {
	case len(rest) == 1 && rest[0] == "lint":
		return e.lint(fsys)
	case len(rest) == 1 && rest[0] == "list":
		return e.list(fsys)
	}
	e.line("catalogue-usage")
	return exitUsage
}

// listed is a line of `catalogue list --json`.
type listed struct {
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	Subject    []string `json:"subject"`
	Defined    string   `json:"defined"`
	Provenance string   `json:"provenance"`
}

func (e *env) list(fsys fs.FS) int {
	c, err := item.Open(fsys)
	if err != nil {
		return e.fail(err)
	}
	for _, it := range c.All() {
		l := listed{it.Code, it.Name, it.Subject, it.Defined(), string(it.Marks.InAnnex)}
		if e.json {
			e.print(l)
			continue
		}
		e.line("catalogue-item", l.Code, e.text("defined-"+l.Defined), e.text("provenance-"+l.Provenance), l.Name)
	}
	return exitYes
}

// finding is a breach as `catalogue lint --json` prints it.
type finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
	Text string `json:"text"`
}

// lint loads every part of the catalogue and applies the rules for items. What does not load is a finding too.
func (e *env) lint(fsys fs.FS) int {
	found := []finding{}
	unreadable := func(file string, err error) {
		if err != nil {
			found = append(found, finding{File: file, Rule: errs.CodeOf(err).Name(), Text: err.Error()})
		}
	}
	checked := map[string]int{}
	regions, err := region.Load(fsys)
	unreadable("regions.tsv", err)
	c, err := item.Open(fsys)
	unreadable("items", err)
	if err == nil {
		checked["items"], checked["overlays"], checked["agreements"] = len(c.All()), len(c.Overlays()), len(c.AllAgreements())
		for _, it := range c.All() {
			checked["definitions"] += len(it.Versions)
		}
		for _, f := range c.Lint() {
			found = append(found, finding{f.Path(), f.Line, f.Rule, f.Text})
		}
	}
	zones, zerr := zone.Load(fsys)
	unreadable("zones", zerr)
	if zerr == nil && err == nil && regions != nil {
		checked["zones"] = len(zones.All())
		for _, f := range zones.Lint(c, regions) {
			found = append(found, finding(f))
		}
	}
	types, terr := licence.LoadTypes(fsys)
	unreadable(licence.TypesFile, terr)
	checked["licence_types"] = len(types)
	if terr == nil && c != nil {
		for _, it := range c.All() {
			for _, edition := range it.Versions {
				v, err := c.VersionByDigest(edition.Digest)
				if err != nil || v.Result.LicenceType == "" {
					continue
				}
				if _, err := licence.TypeOf(types, v.Result.LicenceType); err != nil {
					found = append(found, finding{File: "items/" + edition.ID + ".toml", Rule: errs.CodeOf(err).Name(), Text: v.Result.LicenceType})
				}
			}
		}
	}
	reasons, err := licence.LoadReasons(fsys)
	unreadable(licence.ReasonsFile, err)
	checked["licence_reasons"] = len(reasons)
	offices, err := office.Load(fsys)
	unreadable(office.File, err)
	checked["offices"] = len(offices)
	cal, err := workday.Load(fsys)
	unreadable("calendar.tsv", err)
	if err == nil {
		checked["calendar_years"] = len(cal.Years())
	}
	if e.json {
		e.print(map[string]any{"checked": checked, "findings": found})
	} else {
		for _, f := range found {
			e.line("lint-finding", f.File, f.Line, f.Rule, f.Text)
		}
		e.line("lint-sum", checked["items"], checked["definitions"], checked["offices"], len(found))
	}
	if len(found) > 0 {
		return exitNo
	}
	return exitYes
}
