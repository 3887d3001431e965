package certify

import (
	"context"
	"slices"
	"time"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/jws"
	"tongban/internal/domain/office"
	"tongban/internal/domain/party"
	"tongban/internal/domain/presentation"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/proof"
)

// Counter is the way to a node that asks for a licence, at the addresses that the trust list gives it. Request reads the signed
// request; Answer sends a vp_token, or "" for no. Both give errs.VerifierAway if the node does not answer, Answer also errs.RequestOver
// and errs.RequestWrong if it takes no answer.
type Counter interface {
	Request(ctx context.Context, by office.Node, id string) (token string, err error)
	Answer(ctx context.Context, by office.Node, r presentation.Request, vpToken string) error
}

// Asked is a request as its holder sees it: who asks, for what, and which licences would do.
type Asked struct {
	presentation.Request
	Fits []Owned
}

// Asked reads a request for a person's eyes: of a node on the trust list, signed by it, not over. Which licences were put before the
// person is logged. Errors: those of presentation.Find and presentation.Open, errs.RequestWrong instead of those about its signature, errs.VerifierAway.
func (w *Wallet) Asked(ctx context.Context, who party.Person, clientID, requestURI string) (Asked, error) {
	a, err := w.asked(ctx, who, clientID, requestURI)
	if err != nil || len(a.Fits) == 0 {
		return a, err
	}
	at := w.Issuer.now()
	u := unit.Unit{At: at}
	for _, o := range a.Fits {
		u.Log = append(u.Log, accesslog.Entry{Kind: accesslog.View, At: at, Case: o.Life.Case, Who: "applicant", What: "wallet.asked", Reason: string(a.By)})
	}
	return a, w.Issuer.Store.Commit(ctx, u)
}

func (w *Wallet) asked(ctx context.Context, who party.Person, clientID, requestURI string) (Asked, error) {
	by, id, err := presentation.Find(clientID, requestURI, w.Issuer.Kit.Trust())
	if err != nil {
		return Asked{}, err
	}
	token, err := w.Counter.Request(ctx, by, id)
	if err != nil {
		return Asked{}, err
	}
	r, err := presentation.Open(token, by, w.Issuer.Kit.Now())
	if errs.KindOf(err) == errs.Unauthenticated { // who asks is not known; who looks is, and need not sign in again
		err = errs.Wrap(errs.RequestWrong, err, "request of %s", by.ID)
	}
	if err != nil {
		return Asked{}, err
	}
	if r.ID != id {
		return Asked{}, errs.New(errs.RequestWrong, "another request")
	}
	a := Asked{Request: r}
	mine, err := w.Mine(ctx, who)
	for _, o := range mine {
		if r.Fits(o.Record) && o.Life.Stands() == nil && o.Record.ValidOn(w.Today()) == nil {
			a.Fits = append(a.Fits, o)
		}
	}
	return a, err
}

// Use is one showing of a licence, as the wallet remembers it.
type Use struct {
	Request presentation.Request `json:"request"`
	Licence string               `json:"licence"`
	At      time.Time            `json:"at"`
	State   UseState             `json:"state"`
	IDType  party.IDType         `json:"id_type"` // of the person's document: two documents may bear one number
}

// UseState is how far a use came.
type UseState string

// The states.
const (
	UseAgreed  UseState = "agreed" // the answer is on its way, or who asked could not be reached
	UseTaken   UseState = "taken"
	UseRefused UseState = "refused"
)

const kindUse = "use"

// useID is of a person's word on a request. Whoever does not know the request, which is sealed, learns nothing of the person from it.
func useID(r presentation.Request, who party.Person) string {
	return proof.HashOf([]byte("use " + r.Token + " " + string(who.IDType) + " " + who.IDNo)).String()
}

func (w *Wallet) keep(ctx context.Context, who party.Person, u Use, o *Owned) error {
	body, err := proof.Marshal(u)
	if err != nil {
		return err
	}
	at := w.Issuer.now()
	x := unit.Unit{At: at, Held: []unit.Held{{ID: useID(u.Request, who), Owner: party.Lookup{Kind: party.ByNumber, Value: who.IDNo}, Kind: kindUse, At: u.At, Body: body}}}
	if o != nil {
		x.Log = []accesslog.Entry{{Kind: accesslog.Act, At: at, Case: o.Life.Case, Who: "applicant", What: "wallet." + string(u.State), Reason: string(u.Request.By) + " " + u.Request.Use.Case}}
	}
	return w.Issuer.Store.Commit(ctx, x)
}

// Agree shows a licence to who asks: what was seen is what is agreed to (print), nothing else is shown. The use is written down before
// the answer leaves. The key that the answer is signed with is made for this one use and forgotten, so that two who ask cannot tell
// that they asked the same person. Errors: those of Asked, errs.RequestChanged, errs.LicenceUnchosen, those of Issuer.Credential and
// Counter.Answer.
func (w *Wallet) Agree(ctx context.Context, who party.Person, clientID, requestURI, print, id string) (Use, error) {
	a, err := w.asked(ctx, who, clientID, requestURI)
	if err != nil {
		return Use{}, err
	}
	if a.Print() != print {
		return Use{}, errs.New(errs.RequestChanged, "seen %.20q", print)
	}
	i := slices.IndexFunc(a.Fits, func(o Owned) bool { return o.Record.ID == id })
	if i < 0 {
		return Use{}, errs.New(errs.LicenceUnchosen, "%d would do", len(a.Fits))
	}
	o := a.Fits[i]
	key, err := gm.MemoryKeys().ES256Key("holder")
	if err != nil {
		return Use{}, err
	}
	holder := jws.NewES256(key)
	credential, err := w.Issuer.Credential(ctx, o.Signed, jws.ES256, &holder.Key, licence.Holder{Code: who.IDNo, CodeType: string(who.IDType)})
	if err != nil {
		return Use{}, err
	}
	answer, err := a.Answer(credential, holder, w.Issuer.Kit.Now())
	if err != nil {
		return Use{}, err
	}
	u := Use{Request: a.Request, Licence: id, At: w.Issuer.now(), State: UseAgreed, IDType: who.IDType}
	if err := w.keep(ctx, who, u, &o); err != nil {
		return Use{}, err
	}
	if err := w.send(ctx, a.Request, answer); err != nil {
		return u, err
	}
	u.State = UseTaken
	return u, w.keep(ctx, who, u, &o)
}

// Refuse tells who asks that the holder shows nothing. It is written down too, and beside no licence. Errors: those of Agree.
func (w *Wallet) Refuse(ctx context.Context, who party.Person, clientID, requestURI, print string) error {
	a, err := w.asked(ctx, who, clientID, requestURI)
	if err != nil {
		return err
	}
	if a.Print() != print {
		return errs.New(errs.RequestChanged, "seen %.20q", print)
	}
	if err := w.send(ctx, a.Request, ""); err != nil {
		return err
	}
	return w.keep(ctx, who, Use{Request: a.Request, At: w.Issuer.now(), State: UseRefused, IDType: who.IDType}, nil)
}

func (w *Wallet) send(ctx context.Context, r presentation.Request, answer string) error {
	by, ok := w.Issuer.Kit.Trust().Node(r.By)
	if !ok {
		return errs.New(errs.VerifierUnknown, "%s", r.By)
	}
	return w.Counter.Answer(ctx, by, r, answer)
}

// Showings are the requests that a person answered here, the newest first; about one licence if id is given.
func (w *Wallet) Showings(ctx context.Context, who party.Person, id string) ([]Use, error) {
	if who.IDNo == "" {
		return nil, nil
	}
	list, err := w.Store.Held(ctx, party.Lookup{Kind: party.ByNumber, Value: who.IDNo}, kindUse)
	if err != nil {
		return nil, err
	}
	var out []Use
	for _, h := range slices.Backward(list) {
		var u Use
		if err := proof.Unmarshal(h.Body, &u); err != nil {
			return nil, err
		}
		if (id == "" || u.Licence == id) && party.SameDocument(who, party.Person{IDNo: who.IDNo, IDType: u.IDType}) {
			out = append(out, u)
		}
	}
	return out, nil
}
