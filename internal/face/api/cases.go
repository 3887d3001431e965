package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/handling/lodge"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
)

// Application is the body of POST /api/v1/cases.
type Application struct {
	ID        string              `json:"id"` // UUID, chosen by the caller; the same one again finds the same case
	Item      string              `json:"item"`
	There     string              `json:"there"` // place that decides
	Applicant party.Person        `json:"applicant"`
	Org       *party.Org          `json:"org,omitempty"`
	Answers   map[string]string   `json:"answers"`
	Materials []casefile.Material `json:"materials"`
	Consent   string              `json:"consent"` // version of the consent text that was read out
}

// Case is a case as its office sees it. Row goes into the next act, so that nobody acts on an old picture.
type Case struct {
	casefile.Case
	Status  casefile.Status  `json:"status"`
	Row     int64            `json:"row"`
	Holder  *Holder          `json:"holder,omitempty"` // none once it is closed
	Due     *Due             `json:"due,omitempty"`
	Private casefile.Private `json:"private"`
}

// Holder is who answers for the case now.
type Holder struct {
	Node   office.NodeID `json:"node"`
	Office string        `json:"office"`
	Since  time.Time     `json:"since"`
}

// Due is the running limit that ends first; days are Asia/Shanghai.
type Due struct {
	On          string         `json:"on"`
	Statutory   string         `json:"statutory"`
	Kind        item.LimitKind `json:"kind"`
	Provisional bool           `json:"provisional,omitempty"`
	Paused      bool           `json:"paused,omitempty"`
}

func view(c casefile.Case) Case {
	v := Case{Case: c, Status: c.Status(), Row: c.Row, Private: c.Private}
	v.Private.Materials = slices.Clone(c.Private.Materials)
	for i, m := range v.Private.Materials { // the keys of attachments stay here
		v.Private.Materials[i].Files = slices.Clone(m.Files)
		for j := range m.Files {
			v.Private.Materials[i].Files[j].Key = nil
		}
	}
	if s, ok := c.Holder(); ok {
		v.Holder = &Holder{s.Node, s.Office, s.From}
	}
	if d, ok := c.Due(); ok {
		v.Due = &Due{d.On.String(), d.Statutory.String(), d.Kind, d.Provisional, d.Paused}
	}
	return v
}

// takeIn opens a case. The same application under the same id gives the case that is there; another one under that id is
// errs.CaseExists.
func (f *face) takeIn(c call) (int, any, error) {
	var in Application
	if err := read(c, &in); err != nil {
		return 0, nil, err
	}
	there, err := region.Parse(in.There)
	if err != nil {
		return 0, nil, err
	}
	if !isUUID(in.ID) {
		return 0, nil, errs.New(errs.BadBody, "id is no UUID")
	}
	p, err := party.NewPerson(in.Applicant.Name, in.Applicant.IDType, in.Applicant.IDNo, in.Applicant.Phone)
	if err != nil {
		return 0, nil, err
	}
	a := lodge.Application{
		ID: in.ID, Item: in.Item, There: there, Applicant: p, Org: in.Org, Answers: in.Answers, Materials: in.Materials,
		Consent: in.Consent,
	}
	taken, err := f.Lodge.TakeIn(c.Context(), c.by, a)
	if errs.Is(err, errs.CaseExists) {
		have, missing := f.Store.Case(c.Context(), in.ID)
		if missing == nil && f.same(c.by, a, have) {
			return http.StatusOK, view(have), nil
		}
	}
	if err != nil {
		return 0, nil, err
	}
	if taken, err = f.Store.Case(c.Context(), taken.ID); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, view(taken), nil
}

// same reports whether an application is the one that opened a case.
func (f *face) same(by casefile.Actor, a lodge.Application, have casefile.Case) bool {
	it, ok := f.Kit.Catalogue.Item(a.Item)
	collect, collects := have.LegOf(item.Collect)
	if !ok || !collects || it.Code != have.Item || collect.Office != by.Office || a.There != have.There ||
		a.Applicant != have.Private.Applicant || !reflect.DeepEqual(a.Org, have.Private.Org) {
		return false
	}
	v, err := f.Kit.Catalogue.VersionByDigest(have.Rule.Digest)
	if err != nil {
		return false
	}
	for key, answer := range v.Clean(a.Answers) {
		if have.Private.Answers[key] != answer {
			return false
		}
	}
	return slices.EqualFunc(a.Materials, have.Private.Materials, func(x, y casefile.Material) bool { return x.Key == y.Key && x.Source == y.Source })
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		allowed := "0123456789abcdef"
		if i == 8 || i == 13 || i == 18 || i == 23 {
			allowed = "-"
		}
		if !strings.ContainsRune(allowed, r) {
			return false
		}
	}
	return true
}

func (f *face) show(c call) (int, any, error) {
	k, err := f.mine(c)
	if err == nil {
		err = f.looked(c, k, "case")
	}
	return http.StatusOK, view(k), err
}

// Paper is a document or licence of a case; File is what anybody can verify offline.
type Paper struct {
	ID     string       `json:"id"`
	Kind   string       `json:"kind"`
	Title  string       `json:"title"`
	Number string       `json:"number"`
	Check  string       `json:"check,omitempty"`
	At     time.Time    `json:"at"`
	File   licence.File `json:"file"`
}

func (f *face) papers(c call) (int, any, error) {
	k, err := f.mine(c)
	if err != nil {
		return 0, nil, err
	}
	if err := f.looked(c, k, "papers"); err != nil {
		return 0, nil, err
	}
	list, err := f.Store.Papers(c.Context(), k.ID)
	if err != nil {
		return 0, nil, err
	}
	out := make([]Paper, 0, len(list))
	for _, p := range list {
		file, err := licence.NewFile(p.Signed)
		if err != nil {
			return 0, nil, err
		}
		out = append(out, Paper{p.ID, p.Kind, p.Title, p.Number, p.Check, p.At, file})
	}
	return http.StatusOK, map[string]any{"papers": out}, nil
}

// pageSize bounds one answer of the queue.
const pageSize = 200

// queue gives a page of one of the office's queues; "next" is the parameter "after" of the following page.
func (f *face) queue(c call) (int, any, error) {
	q := c.URL.Query()
	limit := pageSize
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > pageSize {
			return 0, nil, errs.New(errs.BadBody, "limit")
		}
		limit = n
	}
	name := casefile.Queue(q.Get("queue"))
	if !slices.Contains(queues, name) {
		return 0, nil, errs.New(errs.BadBody, "no queue of that name")
	}
	list, err := f.Store.Queue(c.Context(), c.by.Office, name, q.Get("after"), limit)
	if err != nil {
		return 0, nil, err
	}
	out := make([]Case, 0, len(list))
	for _, k := range list {
		if c.by.Officer().May(office.SeeCase, k.Matter(f.Kit.Now())) == nil { // a remit and a declared interest hide lines
			out = append(out, view(k))
		}
	}
	next := ""
	if len(list) == limit {
		next = list[len(list)-1].ID
	}
	return http.StatusOK, map[string]any{"cases": out, "next": next}, nil
}

var queues = []casefile.Queue{
	casefile.QueueIntake, casefile.QueueCorrection, casefile.QueueReturned, casefile.QueueTransit, casefile.QueueReceived,
	casefile.QueueAccepted, casefile.QueueSuspended, casefile.QueueConcluded, casefile.QueueDeliver,
}

// upload stores a file, encrypted, and gives the entry for a material's "files". Name, type and material are the caller's
// to fill in.
func (f *face) upload(c call) (int, any, error) {
	file, err := f.Files.Put(c.Context(), c.Body)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, exchange.File{Address: file.Address, Key: file.Key, Size: file.Size, Cipher: file.Cipher}, nil
}
