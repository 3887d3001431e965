package cli

import (
	"bytes"
	"net/http"
	"os"
	"time"

	"tongban/internal/adapter/gateway"
	"tongban/internal/adapter/workgate"
	"tongban/internal/domain/depart"
	"tongban/internal/domain/notice"
	"tongban/internal/handling/notify"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// gatewayPatience bounds one message to a gateway.
const gatewayPatience = 20 * time.Second

// gateways are the configured outlets, and the keys under which their reports come.
func (c config) gateways() (map[notice.Channel]notify.Gateway, [][]byte, error) {
	out := map[notice.Channel]notify.Gateway{}
	var keys [][]byte
	client := &http.Client{Timeout: gatewayPatience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, o := range c.Outlets {
		var key []byte
		if o.Key != "" {
			var err error
			if key, err = readSmall(c.path(o.Key)); err != nil {
				return nil, nil, err
			}
			if key = bytes.TrimSpace(key); len(key) < 32 {
				return nil, nil, errs.New(errs.BadConfig, "the key of outlet %s has fewer than 32 bytes", o.Channel)
			}
			keys = append(keys, key)
		}
		if o.Folder != "" {
			if err := os.MkdirAll(c.path(o.Folder), 0o700); err != nil {
				return nil, nil, errs.Wrap(errs.BadConfig, err, "outlet %s", o.Channel)
			}
			out[o.Channel] = gateway.Folder(c.path(o.Folder))
			continue
		}
		out[o.Channel] = &gateway.HTTP{URL: o.URL, Key: key, Client: client, Now: time.Now}
	}
	return out, keys, nil
}

// workgates are the departmental systems that the operator connected.
func (c config) workgates() ([]workgate.Config, error) {
	var out []workgate.Config
	for _, s := range c.Systems {
		secret, err := readSmall(c.path(s.Secret))
		if err != nil {
			return nil, err
		}
		if secret = bytes.TrimSpace(secret); len(secret) < 32 {
			return nil, errs.New(errs.BadConfig, "the key of system %s has fewer than 32 bytes", s.Key)
		}
		known, ok := depart.Default().Of(s.Key, workday.DateOf(time.Now()))
		if !ok {
			return nil, errs.New(errs.SystemUnknown, "%s", s.Key)
		}
		if (known.Way == depart.Folder) != (s.Folder != "") {
			return nil, errs.New(errs.BadConfig, "system %s is reached by %s", s.Key, known.Way)
		}
		one := workgate.Config{Key: s.Key, URL: s.URL, Secret: secret, Now: time.Now}
		if s.Folder != "" {
			one.Folder = c.path(s.Folder)
		}
		out = append(out, one)
	}
	return out, nil
}
