package api

import (
	"net/http"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// rights is what each door needs of office.Table; the case and the act then have their own conditions. A door that does not
// stand here is refused to everybody.
var rights = map[string]office.Act{
	"POST /api/v1/cases":            office.StartCase,
	"GET /api/v1/cases/{id}":        office.SeeCase,
	"GET /api/v1/cases/{id}/papers": office.SeePaper,
	"POST /api/v1/cases/{id}/{act}": office.SeeCase,
	"GET /api/v1/queue":             office.SeeQueue,
	"POST /api/v1/files":            office.StartCase,
}

// unknown is where every other path ends.
const unknown = "/api/v1/"

// allowed asks the table whether the officer may use a door: role and presence.
func (f *face) allowed(r *http.Request, by casefile.Actor) error {
	if r.Pattern == unknown {
		return nil
	}
	act, ok := rights[r.Pattern]
	if !ok || !office.Ever(by.Roles, act) {
		return errs.New(errs.NotYours, "%s", r.Pattern)
	}
	if o := by.Officer(); !o.OnDuty(workday.DateOf(f.Kit.Now())) {
		return errs.New(errs.OfficerAway, "%s", o.ID)
	}
	return nil
}

// mine loads a case that the officer may see: the own office has a leg of it here, and the table's conditions are met.
func (f *face) mine(c call) (casefile.Case, error) {
	k, err := f.Store.Case(c.Context(), c.PathValue("id"))
	if err != nil {
		return casefile.Case{}, err
	}
	m := k.Matter(f.Kit.Now())
	m.Offices = m.Offices[:0]
	for _, l := range k.Legs {
		if l.Node == f.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	if err := c.by.Officer().May(office.SeeCase, m); err != nil {
		return casefile.Case{}, err
	}
	return k, nil
}

// looked makes a look at personal data durable before the answer is sent (I5).
func (f *face) looked(c call, k casefile.Case, what string) error {
	i := slices.IndexFunc(k.Legs, func(l casefile.Leg) bool { return l.Office == c.by.Office })
	at := f.Kit.Now().UTC().Truncate(time.Microsecond)
	return f.Store.Commit(c.Context(), unit.Unit{At: at, Log: []accesslog.Entry{{
		Kind: accesslog.View, At: at, Case: k.ID, Who: c.by.ID, Office: c.by.Office, What: "api." + what,
		Reason: "leg " + k.Legs[i].Key + " of office " + c.by.Office,
	}}})
}
