package desk

import (
	"net/http"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// rights is what each page needs of office.Table before it looks at any case; the case then has its own conditions (mayNot),
// and each act those of the law. A page that does not stand here is refused to everybody, so that none can be forgotten.
var rights = map[string]office.Act{
	"GET /desk":          office.SeeQueue,
	"POST /desk/claim":   office.ClaimCase,
	"POST /desk/release": office.ReleaseCase,
	"GET /desk/team":     office.SeeTeam,
	"POST /desk/team":    office.AssignCase,

	"GET /desk/search":  office.FindCase,
	"POST /desk/search": office.FindCase,

	"GET /desk/new":          office.StartCase,
	"POST /desk/new":         office.StartCase,
	"POST /desk/new/matter":  office.StartCase,
	"POST /desk/new/details": office.StartCase,
	"POST /desk/new/back":    office.StartCase,
	"POST /desk/new/submit":  office.StartCase,

	"GET /desk/cases/{id}":                office.SeeCase,
	"GET /desk/cases/{id}/materials":      office.SeeCase,
	"GET /desk/cases/{id}/history":        office.SeeCase,
	"GET /desk/cases/{id}/papers":         office.SeeCase,
	"GET /desk/cases/{id}/receipt":        office.SeePaper,
	"GET /desk/cases/{id}/files/{n}":      office.SeeCase,
	"GET /desk/cases/{id}/licences/{n}":   office.SeeCase,
	"GET /desk/cases/{id}/do/{act}":       office.SeeCase,
	"POST /desk/cases/{id}/do/{act}":      office.SeeCase,
	"POST /desk/cases/{id}/do/supplement": "supplement",
	"GET /desk/papers/{id}":               office.SeePaper,
	"GET /desk/cases/{id}/messages":       office.SeeCase,
	"POST /desk/cases/{id}/messages":      office.AnswerMessage,
	"GET /desk/messages":                  office.SeeCase,
	"GET /desk/notices":                   office.SeeNotices,
	"POST /desk/notices/{id}":             office.SettleNotice,

	"GET /desk/cases/{id}/fee":         office.SeeCase,
	"POST /desk/cases/{id}/fee/{what}": office.SeeCase,
	"GET /desk/fees":                   office.SeeFees,

	"GET /desk/visits":  office.KeepVisits,
	"POST /desk/visits": office.KeepVisits,

	"GET /desk/keys":  office.SeeQueue,
	"POST /desk/keys": office.SeeQueue,
}

// allowed asks the table for the page of a request: role and presence. errs.NotYours for a page without a right.
func (f *Face) allowed(r *http.Request, v visit) error {
	act, ok := rights[r.Pattern]
	if !ok || !office.Ever(v.by.Roles, act) {
		return errs.New(errs.NotYours, "%s", r.Pattern)
	}
	return nil
}

// today is an act about no case.
func (f *Face) today() office.Matter { return office.Matter{On: workday.DateOf(f.cfg.Kit.Now())} }

// mayNot says why the officer may not see a case, nil if they may: their office must hold or have held a leg at this node, and
// all that office.SeeCase asks must be met.
func (f *Face) mayNot(v visit, c casefile.Case) error {
	m := c.Matter(f.cfg.Kit.Now())
	m.Offices = m.Offices[:0]
	for _, l := range c.Legs {
		if l.Node == f.cfg.Kit.Me {
			m.Offices = append(m.Offices, l.Office)
		}
	}
	return v.by.Officer().May(office.SeeCase, m)
}

// reason is why the officer is shown the case, for the access log: the office's part in it.
func (v visit) reason(c casefile.Case) string {
	for _, l := range c.Legs {
		if l.Office == v.by.Office {
			return "leg " + l.Key + " of office " + v.by.Office
		}
	}
	return ""
}
