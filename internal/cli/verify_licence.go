package cli

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/statuslist"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// kindCredential is what a presentation of a licence is called beside the kinds of licence.File.
const kindCredential = "credential"

// statusSource says where verify takes the issuer's status list from: a file, or the issuer's own address if the caller allows
// the network. Zero looks nowhere.
type statusSource struct {
	file   string
	online bool
	now    time.Time // security time: lists live a day
}

// checkLicence holds a licence, as record or as presentation, against trust list, days and status list, and fills v. A record of
// which no list is at hand is judged by signature and days, and v says that its status is not known; a presentation is refused
// then (errs.StatusMissing), because its holder may show it long after it was revoked.
func checkLicence(ctx context.Context, v *verdictJSON, text string, f licence.File, trust *office.TrustList, on workday.Date, src statusSource) error {
	var ref *statuslist.Ref
	var by office.Node
	var standing func(token string, now time.Time) (statuslist.Seen, error)
	if text != "" {
		at := src.now
		if workday.DateOf(at) != on { // the day asked about, up to its end
			at = on.AddDays(1).Start().Add(-time.Second)
		}
		c, err := licence.CheckCredential(text, trust, at)
		if err != nil {
			return err
		}
		v.Issuer, ref, by = c.Text(licence.ClaimIssuerName), c.Status, c.Node
		standing = func(token string, now time.Time) (statuslist.Seen, error) { return c.Standing(token, trust, now) }
	} else {
		l, err := licence.Verify(f.Signed, trust)
		if err != nil {
			return err
		}
		v.Issuer, ref = l.Issuer.Name, l.Status
		by, _ = trust.Node(l.Issuer.Node)
		if err := l.ValidOn(on.String()); err != nil {
			return err
		}
		standing = func(token string, now time.Time) (statuslist.Seen, error) { return l.Standing(token, trust, now) }
	}
	if ref == nil {
		return nil
	}
	v.unasked = true
	token, err := src.token(ctx, *ref, by)
	if err != nil {
		return err
	}
	if token == "" && text == "" {
		return nil
	}
	v.unasked = false
	seen, err := standing(token, src.now)
	if !seen.At.IsZero() {
		v.AsOf = seen.At.Format(time.RFC3339)
	}
	switch {
	case err == nil:
		v.Status = "in-force"
	case errs.Is(err, errs.LicenceSuspended):
		v.Status = "suspended"
	case errs.Is(err, errs.LicenceRevoked):
		v.Status = "ended"
	}
	return err
}

// token reads the list, "" if it is to be looked for nowhere.
func (s statusSource) token(ctx context.Context, ref statuslist.Ref, by office.Node) (string, error) {
	switch {
	case s.file != "":
		b, err := readSmall(s.file)
		return strings.TrimSpace(string(b)), err
	case s.online:
		return fetchStatus(ctx, ref, by)
	}
	return "", nil
}

// fetchWait bounds the time that an issuer's list may take.
const fetchWait = 10 * time.Second

// fetchStatus gets a list from the address that the trust list names for its issuer; a list that claims to lie elsewhere is
// errs.StatusUnreadable, and who does not answer errs.StatusMissing.
func fetchStatus(ctx context.Context, ref statuslist.Ref, by office.Node) (string, error) {
	if by.Address == "" || !strings.HasPrefix(ref.URI, by.Address+"/status/") {
		return "", errs.New(errs.StatusUnreadable, "list %q is not at %q", ref.URI, by.Address)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ref.URI, http.NoBody)
	if err != nil {
		return "", errs.Wrap(errs.StatusMissing, err, "address")
	}
	req.Header.Set("Accept", statuslist.MediaType)
	resp, err := statusClient.Do(req)
	if err != nil {
		return "", errs.Wrap(errs.StatusMissing, err, "list")
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxFile))
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", errs.New(errs.StatusMissing, "list: status %d", resp.StatusCode)
	}
	return string(b), nil
}

// statusClient follows no redirect: a list lies where the trust list says. Only browsers know that every name below localhost is
// this machine.
var statusClient = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, port, err := net.SplitHostPort(address); err == nil && strings.HasSuffix(host, ".localhost") {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}},
}
