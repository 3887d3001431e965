package node

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"tongban/catalogue"
	"tongban/internal/adapter/oidc"
	"tongban/internal/domain/item"
	"tongban/internal/domain/journey"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/face/wallet"
	"tongban/internal/handling/apply"
	"tongban/internal/handling/certify"
	"tongban/internal/handling/elsewhere"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/recognise"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

func (n *Node) issuer(keys gm.KeyProvider) (*certify.Issuer, error) {
	es, err := keys.ES256Key("es256")
	if err != nil {
		return nil, err
	}
	sm, _, err := federate.OwnKey(keys, n.Trust.List(), n.ID)
	if err != nil {
		return nil, err
	}
	types, err := licence.LoadTypes(catalogue.FS)
	if err != nil {
		return nil, err
	}
	reasons, err := licence.LoadReasons(catalogue.FS)
	if err != nil {
		return nil, err
	}
	return &certify.Issuer{
		Kit: n.Kit, Store: n.Store, Register: n.Store, Tokens: certify.Tokens{ES256: jws.NewES256(es), SM2: jws.NewSM2(sm)},
		Types: types, Reasons: reasons,
	}, nil
}

// expireAtOnce bounds the licences that one turn ends.
const expireAtOnce = 64

// expire ends the licences whose last day is over; once a day has nothing left, it is not looked at again.
func (n *Node) expire(ctx context.Context) (int, error) {
	today := workday.DateOf(n.Kit.Now()).String()
	if done, _ := n.expired.Load().(string); done == today {
		return 0, nil
	}
	over, err := n.Issuer.Expire(ctx, expireAtOnce)
	if err == nil && over == 0 {
		n.expired.Store(today)
	}
	return over, err
}

// keepStatus is how long a signed status list is answered again before it is made anew: a suspension shows within that time,
// and a crowd of readers costs one signature.
const keepStatus = 2 * time.Second

// statusDesk serves what readers of credentials fetch: status lists and the issuer's keys. It asks nobody who they are.
type statusDesk struct {
	n  *Node
	mu sync.Mutex // guards kept
	// kept are the lists signed last, by number.
	kept map[int64]keptList
}

type keptList struct {
	token string
	until time.Time // security time
}

func (s *statusDesk) list(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(r.PathValue("list"), 10, 64)
	if err != nil || number < 1 {
		http.NotFound(w, r)
		return
	}
	token, err := s.token(r.Context(), number)
	switch {
	case errs.Is(err, errs.Missing):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", statuslist.MediaType)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(keepStatus/time.Second)))
	h.Set("Access-Control-Allow-Origin", "*") // readers are pages of other places too
	_, _ = w.Write([]byte(token))             // a reader who went away is no error of ours
}

func (s *statusDesk) token(ctx context.Context, list int64) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.kept[list]; ok && time.Now().Before(k.until) {
		return k.token, nil
	}
	token, err := s.n.Issuer.StatusToken(ctx, list)
	if err == nil {
		s.kept[list] = keptList{token, time.Now().Add(keepStatus)}
	}
	return token, err
}

// keys is /.well-known/jwt-vc-issuer (SD-JWT VC §5): who issues here and with what key.
func (s *statusDesk) keys(w http.ResponseWriter, _ *http.Request) {
	me, ok := s.n.Trust.List().Node(s.n.ID)
	if !ok || len(me.ES256) == 0 {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	key := jws.Key{Alg: jws.ES256, Pub: me.ES256}
	j := key.JWK()
	j.Alg, j.Use, j.Kid = jws.ES256, "sig", key.ID()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Access-Control-Allow-Origin", "*")
	_ = json.NewEncoder(w).Encode(map[string]any{"issuer": licence.IssuerID(me), "jwks": map[string]any{"keys": []jws.JWK{j}}}) // see above
}

// wallet is what people hold that this node issued.
func (n *Node) wallet() *certify.Wallet {
	return &certify.Wallet{Issuer: n.Issuer, Store: n.Store, Secure: time.Now}
}

// licencesOf lists a person's licences here for another province's page.
func (n *Node) licencesOf(ctx context.Context, who party.Person) ([]elsewhere.Licence, error) {
	mine, err := n.wallet().Mine(ctx, who)
	var out []elsewhere.Licence
	for _, o := range mine {
		out = append(out, wallet.Line(o))
	}
	return out, err
}

// recordsOf gives a person's licences of a type here, as signed, for use at another province.
func (n *Node) recordsOf(ctx context.Context, who party.Person, typeCode string) ([]elsewhere.Record, error) {
	mine, err := n.wallet().Mine(ctx, who)
	var out []elsewhere.Record
	for _, o := range mine {
		if o.Record.TypeCode == typeCode {
			out = append(out, elsewhere.Record{Case: o.Life.Case, Signed: o.Signed})
		}
	}
	return out, err
}

// recogniser finds licences that stand for papers; p is where people sign in.
func (n *Node) recogniser(p *oidc.Party) *recognise.Desk {
	mine, others := n.wallet(), n.asker(p)
	return &recognise.Desk{
		Kit: n.Kit, Book: n.Shares.Look,
		Own: func(ctx context.Context, who party.Person, typeCode string) ([]recognise.Held, error) {
			list, err := mine.Mine(ctx, who)
			var out []recognise.Held
			for _, o := range list {
				if o.Record.TypeCode == typeCode {
					out = append(out, recognise.Held{Record: o.Record, Signed: o.Signed, Own: true, Stands: o.Life.Stands()})
				}
			}
			return out, err
		},
		Elsewhere: func(ctx context.Context, grant, typeCode string) ([]recognise.Held, []office.NodeID, error) {
			list, missing, err := others.Records(ctx, grant, typeCode)
			var out []recognise.Held
			for _, h := range list {
				out = append(out, recognise.Held{Record: h.Record, Signed: h.Signed})
			}
			return out, missing, err
		},
		Standing: n.standingAt,
	}
}

// standingAt asks how a licence of another node stands.
func (n *Node) standingAt(ctx context.Context, by office.NodeID, ref statuslist.Ref) (known time.Time, late bool, err error) {
	s, err := n.Status.Standing(ctx, by, ref)
	return s.At, s.Late, err
}

// evidence asks for the applicant's licence first, where a source is one, and the registered source if the applicant holds none.
type evidence struct {
	n        *Node
	licences *recognise.Desk
	register apply.Evidence // nil: there is none
}

// Ask implements apply.Evidence.
func (e evidence) Ask(ctx context.Context, q apply.Asking) (journey.Record, error) {
	i := slices.IndexFunc(e.n.Kit.Catalogue.Evidence(), func(s item.Evidence) bool { return s.Key == q.Source })
	if i >= 0 && q.Source == earlierSource {
		return e.earlier(ctx, q, e.n.Kit.Catalogue.Evidence()[i].Gives)
	}
	decides, err := e.n.Kit.OfficeAt(q.There)
	away := false
	if i >= 0 && err == nil && q.Unit == nil { // what a person holds says nothing of a unit that they act for
		f, err := e.licences.Find(ctx, recognise.Wish{
			Person: q.Person, Grant: q.Grant, Chosen: q.Chosen, Item: q.Item, Decides: decides.Node, Source: e.n.Kit.Catalogue.Evidence()[i],
		})
		if err == nil {
			return e.record(f), nil
		}
		away = errs.Is(err, errs.TryLater)
		if !away && !errs.Is(err, errs.Missing) {
			return journey.Record{}, err
		}
	}
	if e.register == nil {
		return journey.Record{}, errs.New(errs.Missing, "no register of %s", q.Source)
	}
	r, err := e.register.Ask(ctx, q)
	if away && errs.Is(err, errs.Missing) { // it may be held where nobody answered
		err = errs.New(errs.TryLater, "%s", q.Source)
	}
	return r, err
}

// record is a licence as the pages of an application show it: its kind, and the province that issued it.
func (e evidence) record(f recognise.Found) journey.Record {
	r := journey.Record{Values: f.Values, Name: f.Record.TypeName, NameEn: f.Record.TypeName, At: f.Shown.Looked, Licence: &f.Shown}
	for _, l := range f.All {
		r.Choices = append(r.Choices, journey.Choice{ID: l.ID, Type: l.TypeName, No: l.No, Issuer: l.Issuer.Name, Issued: l.Issued})
	}
	if t, err := licence.TypeOf(e.n.Issuer.Types, f.Record.TypeCode); err == nil {
		r.NameEn = t.NameEn
	}
	if by, ok := e.n.Trust.List().Node(f.Shown.By); ok {
		r.Name, r.NameEn = r.Name+"（"+by.Name+"）", r.NameEn+" ("+by.NameEn+")"
	}
	return r
}

// licencesElsewhere asks the other provinces what a visitor holds there.
func (n *Node) licencesElsewhere(p *oidc.Party) func(context.Context, page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
	a := n.asker(p)
	return func(ctx context.Context, v page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
		return a.Licences(ctx, v.Grant)
	}
}

// heldEverywhere is what a visitor holds, here and at the other provinces.
func (n *Node) heldEverywhere(p *oidc.Party) func(context.Context, page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
	others, mine := n.licencesElsewhere(p), n.wallet()
	return func(ctx context.Context, v page.Visitor) ([]elsewhere.Licence, []office.NodeID, error) {
		list, err := mine.Listed(ctx, v.Person)
		if err != nil {
			return nil, nil, err
		}
		var out []elsewhere.Licence
		for _, o := range list {
			l := wallet.Line(o)
			l.Node = n.ID
			out = append(out, l)
		}
		if v.Grant == "" {
			return out, nil, nil
		}
		more, missing, err := others(ctx, v)
		return append(out, more...), missing, err
	}
}
