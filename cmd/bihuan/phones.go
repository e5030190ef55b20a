package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/phone/channels"
)

// connectPhones gives the phones' service what the installation has: nothing,
// 企业微信, short messages, or both. What is configured by half is refused at
// start, when somebody looks.
func (a *app) connectPhones(s *phone.Service) error {
	c, by := a.cfg, map[string]channels.Channel{}
	if c.WeComCorp != "" {
		secret, err := secretIn("BIHUAN_WECOM_SECRET_FILE", c.WeComSecretFile)
		if err != nil {
			return err
		}
		if c.WeComAgent == 0 {
			return errors.New("BIHUAN_WECOM_AGENT：请填写应用的编号")
		}
		by[phone.WeCom] = channels.NewWeCom(c.WeComURL, c.WeComCorp, c.WeComAgent, secret)
	}
	if c.SMSApp != "" {
		key, err := secretIn("BIHUAN_SMS_KEY_FILE", c.SMSKeyFile)
		if err != nil {
			return err
		}
		for name, value := range map[string]string{"BIHUAN_SMS_ID": c.SMSID, "BIHUAN_SMS_SIGN": c.SMSSign, "BIHUAN_SMS_TEMPLATE": c.SMSTemplate, "BIHUAN_SMS_CODE_TEMPLATE": c.SMSCodeTemplate} {
			if value == "" {
				return fmt.Errorf("%s：用短信须填写", name)
			}
		}
		by[phone.SMS], err = channels.NewSMS(channels.Options{URL: c.SMSURL, Region: c.SMSRegion, ID: c.SMSID, Key: key, App: c.SMSApp,
			Sign: c.SMSSign, Template: c.SMSTemplate, CodeTemplate: c.SMSCodeTemplate})
		if err != nil {
			return fmt.Errorf("BIHUAN_SMS_URL：%w", err)
		}
	}
	if u, err := url.Parse(c.PublicURL); len(by) > 0 && (err != nil || u.Host == "") {
		return errors.New("BIHUAN_PUBLIC_URL：手机消息里的链接以它开头，请填写控制台的网址")
	}
	s.Connect(c.PublicURL, by)
	return nil
}

// secretIn reads a secret from the file that a setting names.
func secretIn(setting, path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("%s：请填写密钥所在的文件", setting)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s：%w", setting, err)
	}
	return strings.TrimSpace(string(b)), nil
}
