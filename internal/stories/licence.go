package stories

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/document"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

// licenceStory is the happy path (ux flows b).
func licenceStory(p *play) {
	p.takeIn()
	p.handOver("hand-over")
	p.received()
	p.finish("finish")
	p.deliver()
	p.step("applicant-looks", p.fan.Name, func() {
		p.ownPage(page.Done)
		for _, act := range []string{"lodge", "hand-over", "accept", "decide", "dispatch", "deliver"} {
			p.applicant.expect(http.StatusOK, say("entrance.act."+act))
		}
		p.applicant.expect(http.StatusOK, p.shangzhi, p.xining, say("entrance.event.held"))
	})
	var files []licence.File
	p.step("download", p.fan.Name, func() { files = p.download() })
	p.step("tampered", p.fan.Name, func() { p.tampered(files) })
	p.step("stranger", p.stranger.name, func() { p.strangerChecks(files) })
	p.step("counts", words().Word["system"].Zh, p.counts)
	p.step("who-looked", p.fan.Name, p.whoLooked)
}

// trust opens the list that the nation's folder has for `tongban verify`.
func (p *play) trust() *office.TrustList {
	var f federate.File
	b, err := os.ReadFile(p.n.TrustFile())
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	var t *federate.Trust
	if err == nil {
		t, err = federate.NewTrust(f.Operator, &f.Trust)
	}
	if err != nil {
		p.err = err
		return &office.TrustList{}
	}
	return t.List()
}

// genuine holds a file against the trust list as `tongban verify` does.
func genuine(f licence.File, trust *office.TrustList) error {
	if f.Kind == licence.FileLicence {
		_, err := licence.Verify(f.Signed, trust)
		return err
	}
	_, err := trust.Check(f.Signed, f.Kind)
	return err
}

// download fetches every signed file that the applicant's page offers: receipt, notice, decision and licence.
func (p *play) download() []licence.File {
	if p.err != nil {
		return nil
	}
	var links []string
	for n := range nodes(p.applicant.doc, "a") {
		if h := attr(n, "href"); strings.HasSuffix(h, ".json") {
			links = append(links, h)
		}
	}
	trust := p.trust()
	var files []licence.File
	for _, link := range links {
		p.applicant.visit(link)
		if p.err != nil {
			return nil
		}
		f, err := licence.ReadFile(p.applicant.raw)
		if err == nil {
			err = genuine(f, trust)
		}
		if err != nil {
			p.err = fmt.Errorf("%s: %w", link, err)
			return nil
		}
		files = append(files, f)
	}
	if i := licenceIn(files); p.err == nil && (i < 0 || len(files) < 4) {
		p.err = fmt.Errorf("%d signed files, with a licence at %d", len(files), i)
	}
	return files
}

// whoLooked is the applicant's page of all looks at her papers, in both provinces. Each line is proved by its province's log;
// with only two provinces there are too few witnesses, and the page says so.
func (p *play) whoLooked() {
	p.applicant.await("/consent", func() bool {
		for _, node := range []string{string(here), string(there)} {
			if p.applicant.linkTo("/consent/"+node) == "" {
				return false
			}
		}
		return true
	})
	p.applicant.expect(http.StatusOK, p.shangzhi, p.xining, say("usage.waiting"), say("usage.view.check"), say("entrance.act.decide"))
	p.applicant.refuse(say("usage.bad"), p.fan.IDNo, p.fan.Phone)
	trust := p.trust()
	for _, node := range []office.NodeID{here, there} {
		p.applicant.await("/consent/"+string(node), func() bool { // the newest entries are hashed within a second
			x, err := accesslog.ReadExtract(p.applicant.raw)
			if err != nil {
				return false
			}
			proved, _ := x.Check(trust)
			return proved.Lines >= 5
		})
		p.applicant.do(func() error {
			x, err := accesslog.ReadExtract(p.applicant.raw)
			if err != nil {
				return err
			}
			proved, err := x.Check(trust)
			if !errs.Is(err, errs.LogUnwitnessed) || proved.Lines < 5 || len(proved.Witnesses) > 1 {
				return fmt.Errorf("log of %s: %+v, %w", node, proved, err)
			}
			if s := string(p.applicant.raw); strings.Contains(s, p.fan.IDNo) || strings.Contains(s, p.fan.Name) || strings.Contains(s, p.fan.Phone) {
				return fmt.Errorf("the proof file of %s names her", node)
			}
			return nil
		})
	}
}

func licenceIn(files []licence.File) int {
	return slices.IndexFunc(files, func(f licence.File) bool { return f.Kind == licence.FileLicence })
}

// tampered changes one byte of the licence: neither the command line nor the public page may take it.
func (p *play) tampered(files []licence.File) {
	if p.err != nil {
		return
	}
	bad := files[licenceIn(files)]
	bad.Signed.Body = bytes.Replace(bad.Signed.Body, []byte(words().Typed.Trade[p.story]), []byte(words().Typed.Trade["refusal"]), 1)
	if genuine(bad, p.trust()) == nil {
		p.err = errors.New("a changed licence is taken for genuine")
		return
	}
	b, err := bad.Bytes()
	if err != nil {
		p.err = err
		return
	}
	p.stranger.visit("/verify")
	p.stranger.send(say("entrance.verify.check_file"), map[string]upload{"file": {"licence.json", b}})
	p.stranger.expect(http.StatusOK, say("entrance.verify.not_genuine"))
}

// strangerChecks is what somebody learns who was shown a paper: that it stands, and hardly whose it is.
func (p *play) strangerChecks(files []licence.File) {
	for _, f := range files {
		if p.err != nil {
			return
		}
		w := p.stranger
		switch f.Kind {
		case licence.FileLicence:
			l, err := licence.Verify(f.Signed, p.trust())
			if err != nil {
				p.err = err
				return
			}
			w.visit("/v/" + l.ID)
			w.expect(http.StatusOK, say("entrance.verify.genuine"), l.TypeName, p.xining)
		case licence.FileDocument:
			d, err := document.Read(f.Signed)
			if err != nil {
				p.err = err
				return
			}
			w.visit(d.VerifyPath)
			w.expect(http.StatusOK, say("entrance.verify.genuine"), d.Title, words().Typed.Masked)
		}
		w.refuse(p.fan.Name, p.fan.IDNo, p.fan.Phone)
	}
}

// What the flow may cost, as it is built; docs/FLOWS.md says where and why that is more than the target of ux flows b.
const (
	clerkScreens     = 11
	officerScreens   = 4
	applicantScreens = 2
	newValues        = 4
	keyedValues      = 3
)

// counts holds the effort of everybody against what docs/FLOWS.md says, and nobody may have typed a value twice.
func (p *play) counts() {
	for _, one := range []struct {
		who            *person
		screens, typed int
		keyed          int
	}{
		{p.clerk, clerkScreens, newValues, keyedValues},
		{p.officer, officerScreens, 0, 0},
		{p.applicant, applicantScreens, 0, 0},
	} {
		got := one.who.seen
		if got.screens != one.screens || len(got.typed) != one.typed || got.keyed != one.keyed || got.auths != 1 {
			p.err = fmt.Errorf("%s: %d screens, %d typed values, %d keyed, %d sign-ins; want %d, %d, %d, 1",
				one.who.name, got.screens, len(got.typed), got.keyed, got.auths, one.screens, one.typed, one.keyed)
			return
		}
	}
	if again := repeated(slices.Concat(p.clerk.seen.typed, p.officer.seen.typed, p.applicant.seen.typed)); again > 0 {
		p.err = fmt.Errorf("%d values were typed twice", again)
	}
}

func repeated(values []string) int {
	all := slices.Sorted(slices.Values(values))
	return len(all) - len(slices.Compact(slices.Clone(all)))
}
