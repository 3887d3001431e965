package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"syscall"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/gm"
	"tongban/internal/kernel/workday"
)

// The bounds of the check-up.
const (
	certDays     = 30 // a certificate that ends sooner wants a new enrolment
	calendarDays = 60
	clockWarn    = 5 * time.Second
	clockFail    = time.Minute
	diskWarn     = 5 << 30 // bytes
	diskFail     = 256 << 20
)

// checkup is one line of the doctor's: what was looked at, how it stands, and what to do.
type checkup struct {
	Check string `json:"check"`
	State string `json:"state"` // ok | warn | fail
	Text  string `json:"text"`
	Next  string `json:"next,omitempty"`
}

// patient collects the lines.
type patient struct {
	e     *env
	c     config
	keys  *gm.Keys
	trust *federate.Trust
	lines []checkup
}

// say adds a line. The sentences stand in text.toml under "doctor-CHECK" and "doctor-CHECK-next".
func (p *patient) say(check, state, detail string) {
	l := checkup{Check: check, State: state, Text: p.e.text("doctor-" + check)}
	if detail != "" {
		l.Text += p.e.text("colon") + detail
	}
	if state != "ok" {
		l.Next = p.e.text("doctor-" + check + "-next")
	}
	p.lines = append(p.lines, l)
}

// hold adds ok, or fail with the error.
func (p *patient) hold(check string, err error, detail string) bool {
	if err != nil {
		p.say(check, "fail", fmt.Sprintf("%d %s (%v)", errs.CodeOf(err), errs.CodeOf(err).Text(p.e.lang).What, err))
		return false
	}
	p.say(check, "ok", detail)
	return true
}

// runDoctor looks a node over: before it serves, and before an upgrade with the new binary.
func runDoctor(ctx context.Context, e *env) int {
	f := e.flags("doctor")
	e.withJSON(f)
	path := f.String("config", configFile, "configuration, or the folder that holds it")
	if _, code, ok := e.parse(f, 0); !ok {
		return code
	}
	p := &patient{e: e}
	p.hold("selftest", gm.SelfTest(), "")
	var err error
	p.c, err = readConfig(*path)
	if errs.Is(err, errs.FileUnreadable) {
		return e.fail(err)
	}
	if p.hold("config", err, string(p.c.ID)) {
		p.keysThere()
		p.disk()
		if p.c.ID != office.Hub {
			p.calendar()
			p.membership()
			p.database(ctx)
			p.connectors(ctx)
			p.channel(ctx)
			p.hub(ctx)
		}
	}
	ok := true
	for _, l := range p.lines {
		ok = ok && l.State != "fail"
	}
	if e.json {
		e.print(map[string]any{"ok": ok, "checks": p.lines})
	} else {
		for _, l := range p.lines {
			e.line("doctor-line", e.text("state-"+l.State), l.Text)
			if l.Next != "" {
				e.line("doctor-next", l.Next)
			}
		}
	}
	if !ok {
		return exitNo
	}
	return exitYes
}

// keysThere opens the keys that must exist; a missing one is not made here, because it would be another one.
func (p *patient) keysThere() {
	names := []string{"sign", "encrypt", "es256"} // those at rest with the database, which knows their generations
	if p.c.ID == office.Hub {
		names = []string{"operator", "encrypt"}
	}
	var err error
	for _, n := range names {
		_, missing := os.Stat(p.c.path("keys/" + n + ".pem"))
		err = errors.Join(err, missing)
	}
	if err != nil {
		p.hold("keys", errs.Wrap(errs.BadKey, err, ""), "")
		return
	}
	k, err := gm.OpenKeys(p.c.path("keys"))
	for _, n := range names {
		if err != nil {
			break
		}
		switch n {
		case "es256":
			_, err = k.ES256Key(n)
		default:
			_, err = k.SignKey(n)
		}
	}
	if p.hold("keys", err, "") {
		p.keys = k
	}
}

func (p *patient) disk() {
	var s syscall.Statfs_t
	if err := syscall.Statfs(p.c.dir, &s); err != nil {
		p.hold("disk", err, "")
		return
	}
	free := s.Bavail * uint64(s.Bsize) //nolint:gosec // a block size is positive
	state := "ok"
	switch {
	case free < diskFail:
		state = "fail"
	case free < diskWarn:
		state = "warn"
	}
	p.say("disk", state, fmt.Sprintf("%.1f GB", float64(free)/(1<<30)))
}

func (p *patient) calendar() {
	cal, err := workday.Default()
	if err != nil {
		p.hold("calendar", err, "")
		return
	}
	last := workday.DateOf(time.Now()).AddDays(calendarDays)
	state := "ok"
	if _, published := cal.IsWorking(last); !published {
		state = "warn"
	}
	p.say("calendar", state, last.String())
}

// membership looks at the trust list and the certificate that enrolment brought.
func (p *patient) membership() {
	_, trust, err := p.c.trust()
	if !p.hold("enrolled", err, "") {
		return
	}
	p.trust = trust
	cert, err := os.ReadFile(p.c.path(certFile))
	if err != nil {
		p.hold("certificate", err, "")
		return
	}
	block, _ := pem.Decode(cert)
	if block == nil {
		p.hold("certificate", errs.New(errs.BadConfig, "%s is no PEM", certFile), "")
		return
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		p.hold("certificate", errs.Wrap(errs.BadConfig, err, certFile), "")
		return
	}
	state := "ok"
	switch left := time.Until(leaf.NotAfter); {
	case left <= 0:
		state = "fail"
	case left < certDays*24*time.Hour:
		state = "warn"
	}
	p.say("certificate", state, workday.DateOf(leaf.NotAfter).String())
}

// database opens the store, and looks for open cases whose rules this binary does not hold.
func (p *patient) database(ctx context.Context) {
	if p.keys == nil {
		return
	}
	s, err := nodePlace{p.c.ID, p.c.dir, p.c.DB, p.c.Schema}.open(ctx)
	if !p.hold("database", err, "") {
		return
	}
	defer s.Close() //nolint:errcheck // read only
	p.atRest(ctx, s)
	if p.trust != nil {
		if err := newest(ctx, p.trust, s); err != nil {
			p.hold("trust", err, "")
			return
		}
		p.listed()
	}
	p.rules(ctx, s)
}

// listed holds the node's own keys against its entry in the newest list.
func (p *patient) listed() {
	list := p.trust.List()
	me, ok := list.Node(p.c.ID)
	if !ok {
		p.say("trust", "fail", fmt.Sprint(list.Version))
		return
	}
	sign, _, err1 := federate.OwnKey(p.keys, list, p.c.ID)
	decrypt, err2 := p.keys.DecryptKey("encrypt")
	browser, err3 := p.keys.ES256Key("es256")
	if err := errors.Join(err1, err2, err3); err != nil {
		p.hold("trust", err, "")
		return
	}
	state := "ok"
	if !bytes.Equal(me.Sign, sign.Public()) || !bytes.Equal(me.Encrypt, decrypt.Public()) || !bytes.Equal(me.ES256, browser.Public()) {
		state = "fail"
	}
	p.say("trust", state, fmt.Sprint(list.Version))
}

func (p *patient) rules(ctx context.Context, s *sqlstore.Store) {
	unknown, open := 0, 0
	err := s.EachCase(ctx, func(c casefile.Case) error {
		if !c.Closed.IsZero() {
			return nil
		}
		open++
		if _, err := item.Default().VersionByDigest(c.Rule.Digest); c.Rule.Digest != "" && err != nil {
			unknown++
		}
		return nil
	})
	switch {
	case err != nil:
		p.hold("rules", err, "")
	case unknown > 0:
		p.say("rules", "fail", fmt.Sprintf("%d/%d", unknown, open))
	default:
		p.say("rules", "ok", fmt.Sprint(open))
	}
}

// channel signs in at the channel as this node does. A message that comes meanwhile is asked to come again.
func (p *patient) channel(ctx context.Context) {
	if p.trust == nil {
		return
	}
	client, err := p.c.connect(func(context.Context, handover.Message) ([]byte, error) { //nolint:contextcheck // it ends by its own Close, not with this context
		return nil, errs.New(errs.TryLater, "a check-up")
	}, slog.New(slog.DiscardHandler))
	if err == nil {
		wait, stop := context.WithTimeout(ctx, 10*time.Second)
		err = client.Ready(wait)
		stop()
		client.Close() //nolint:contextcheck // it ends by its own Close, not with this context
	}
	p.hold("channel", err, "")
}

// hub fetches the trust list from the hub and compares clocks. A hub that is down is a warning: local work goes on.
func (p *patient) hub(ctx context.Context) {
	if p.c.Hub == "" {
		p.say("hub", "warn", "")
		return
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.c.Hub+"/trust.json", nil)
	if err != nil {
		p.hold("hub", err, "")
		return
	}
	before := time.Now()
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		p.say("hub", "warn", err.Error())
		return
	}
	defer a.Body.Close() //nolint:errcheck // read only
	var f federate.File
	if err := json.NewDecoder(http.MaxBytesReader(nil, a.Body, maxFile)).Decode(&f); err != nil || a.StatusCode != http.StatusOK {
		p.say("hub", "warn", a.Status)
		return
	}
	p.say("hub", "ok", "")
	there, err := http.ParseTime(a.Header.Get("Date"))
	if err != nil {
		p.say("clock", "warn", "")
		return
	}
	// The header has whole seconds: the true time lies within the second that follows.
	here := before.Add(time.Since(before) / 2)
	difference := here.Sub(there.Add(500 * time.Millisecond)).Abs()
	state := "ok"
	switch {
	case difference > clockFail:
		state = "fail"
	case difference > clockWarn:
		state = "warn"
	}
	p.say("clock", state, difference.Round(time.Second).String())
}
