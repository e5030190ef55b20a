// Package config reads the product's settings from the environment and prints
// their documentation. There is no other place where a setting is read.
package config

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is every setting. With none given, the product runs on a private
// database in a folder of its own.
type Config struct {
	Listen           string        `env:"BIHUAN_LISTEN" envDefault:"127.0.0.1:8080" doc:"监听地址"`
	DatabaseURL      string        `env:"DATABASE_URL" doc:"服务角色（bihuan_app）的连接地址；空为自带的私有数据库"`
	DatabaseOwnerURL string        `env:"DATABASE_OWNER_URL" doc:"迁移角色（bihuan_owner）的连接地址；只用于 migrate、tenant、demo，设置 DATABASE_URL 时需要"`
	DataDir          string        `env:"BIHUAN_DATA" doc:"私有数据库、附件与签名密钥所在的文件夹；空为系统惯例（root 为 /var/lib/bihuan）"`
	PostgresBin      string        `env:"BIHUAN_POSTGRES_BIN" doc:"PostgreSQL 程序所在的文件夹；空为自动寻找"`
	MaxConns         int32         `env:"BIHUAN_MAX_CONNS" envDefault:"20" doc:"数据库连接数上限"`
	Files            string        `env:"BIHUAN_FILES" doc:"附件存储：file:///文件夹 或 s3://key:secret@主机/桶?region=…；空为数据文件夹下的 files"`
	RemovedKeep      time.Duration `env:"BIHUAN_REMOVED_FILES_KEEP" envDefault:"720h" doc:"移除的附件，内容再留多久才从存储里删掉（记录一直留着）；0s 为随即删掉"`
	ImportsKeep      time.Duration `env:"BIHUAN_IMPORTS_KEEP" envDefault:"2160h" doc:"上传来导入的内容（逐行的原文，含联系电话）在最后一次办理以后留多久，过后只留行数和结论，不能再撤销；0s 为一直留着"`
	FilesPerPerson   int           `env:"BIHUAN_FILES_PER_PERSON" envDefault:"4096" doc:"一个人的附件至多多少 MB；各政协的政策（fileQuota）可以更严"`
	FilesPerTenant   int           `env:"BIHUAN_FILES_PER_COMMITTEE" envDefault:"102400" doc:"一个政协的附件至多多少 MB；各政协的政策（fileQuota）可以更严"`
	Clamd            string        `env:"BIHUAN_CLAMD" doc:"查毒：ClamAV 的 clamd，unix:///run/clamav/clamd.ctl 或 tcp://主机:3310；空为不查。设了以后，没有查过的附件不能下载"`
	SigningKeys      string        `env:"BIHUAN_SIGNING_KEYS" doc:"签名密钥文件；空为数据文件夹下的 keys.json，没有则自动生成；多个副本须共用一份"`
	SecretFile       string        `env:"BIHUAN_SECRET_FILE" doc:"安装密钥文件（32 字节）；空为数据文件夹下的 secret，没有则自动生成；多个副本须共用一份，备份时一并备份"`
	FormerSecrets    []string      `env:"BIHUAN_FORMER_SECRET_FILES" doc:"换下来的安装密钥文件，逗号分隔：只用来校验它们签认过的审计记录"`
	Anchors          string        `env:"BIHUAN_ANCHORS" doc:"留存审计链头的文件，只往后添；空为数据文件夹下的 anchors.jsonl。应放在数据库管理员写不到、只能追加的地方（见 docs/operations.md）"`
	AnchorEvery      time.Duration `env:"BIHUAN_ANCHOR_EVERY" envDefault:"1h" doc:"隔多久留存一次审计链头"`
	TrustedProxies   []string      `env:"BIHUAN_TRUSTED_PROXIES" doc:"可信代理的网段（逗号分隔），只有它们的 X-Forwarded-For 被采信"`
	AllowedOrigins   []string      `env:"BIHUAN_ALLOWED_ORIGINS" doc:"哪些其他网址下的网页可以读取答复（逗号分隔，例如 https://console.example.cn），它们用 Authorization 登录；空为没有"`
	SignInFloor      string        `env:"BIHUAN_SIGN_IN_FLOOR" doc:"登录要求的底线，各政协的政策（signIn）只能更严：JSON，写法同 signIn，例如 {\"factor\":\"PRIVILEGED\",\"minLength\":12}；空为至少 10 个字符的密码、闲置 7 天、最长 30 天"`
	OIDCIssuers      []string      `env:"BIHUAN_OIDC_ISSUERS" doc:"各政协可以用哪些统一身份系统登录：签发者的网址（OpenID Connect），逗号分隔；程序只向这里写的主机取东西，空为一个也不用。须设 BIHUAN_PUBLIC_URL；在它那里登记的返回地址是 BIHUAN_PUBLIC_URL/oidc/callback"`
	MaxInFlight      int           `env:"BIHUAN_MAX_IN_FLIGHT" envDefault:"256" doc:"同时处理的请求数上限，超过时答复 503"`
	LiveListeners    int           `env:"BIHUAN_LIVE_LISTENERS" envDefault:"4000" doc:"一个进程同时打开的实时通知（订阅）数上限，每个约占 64 KB 内存；不计入同时处理的请求数"`
	LivePerTenant    int           `env:"BIHUAN_LIVE_PER_TENANT" envDefault:"2000" doc:"其中一个政协的上限"`
	LivePerAccount   int           `env:"BIHUAN_LIVE_PER_ACCOUNT" envDefault:"20" doc:"其中一个账号的上限"`
	GeneralReads     bool          `env:"BIHUAN_GENERAL_READS" envDefault:"false" doc:"查询一律逐栏作答，不编译成语句；所答相同，只是慢，供排查用"`
	OnlyPersisted    bool          `env:"BIHUAN_ONLY_PERSISTED" envDefault:"false" doc:"只接受登记过的查询文档"`
	Documents        string        `env:"BIHUAN_DOCUMENTS" doc:"登记的查询文档所在的文件夹：一份一个的 .graphql，或代码生成器写的 .json 清单"`
	OperatorListen   string        `env:"BIHUAN_OPERATOR_LISTEN" envDefault:"127.0.0.1:8181" doc:"运维接口（bihuan tenant desk）的监听地址；只应从运维人员所在的网络到得了"`
	Operators        string        `env:"BIHUAN_OPERATORS" doc:"运维接口的人员：姓名:令牌的 SHA-256（十六进制），逗号分隔，各人一个；装入和销毁要两个人"`
	SweepEvery       time.Duration `env:"BIHUAN_SWEEP_EVERY" envDefault:"10m" doc:"检查到期与提醒的间隔"`
	FiguresEvery     time.Duration `env:"BIHUAN_FIGURES_EVERY" envDefault:"5s" doc:"检查各政协的指标有没有变化、要不要送给上级的间隔"`
	DeliverEvery     time.Duration `env:"BIHUAN_DELIVER_EVERY" envDefault:"10s" doc:"检查待投递信封的间隔"`
	PublicURL        string        `env:"BIHUAN_PUBLIC_URL" doc:"使用者打开控制台的网址，例如 https://zx.example.cn；手机消息里的链接以它开头，配置了下面任一种方式时必填"`
	WeComCorp        string        `env:"BIHUAN_WECOM_CORP" doc:"企业微信的企业编号（corpid）；空为不用企业微信"`
	WeComAgent       int           `env:"BIHUAN_WECOM_AGENT" doc:"企业微信应用的编号（agentid）"`
	WeComSecretFile  string        `env:"BIHUAN_WECOM_SECRET_FILE" doc:"企业微信应用密钥（corpsecret）所在的文件"`
	WeComURL         string        `env:"BIHUAN_WECOM_URL" envDefault:"https://qyapi.weixin.qq.com" doc:"企业微信接口的地址；政务微信等私有部署的另填"`
	SMSApp           string        `env:"BIHUAN_SMS_APP" doc:"短信应用的编号（SdkAppId）；空为不用短信"`
	SMSID            string        `env:"BIHUAN_SMS_ID" doc:"短信网关的密钥编号（SecretId）"`
	SMSKeyFile       string        `env:"BIHUAN_SMS_KEY_FILE" doc:"短信网关的密钥（SecretKey）所在的文件"`
	SMSSign          string        `env:"BIHUAN_SMS_SIGN" doc:"短信签名，例如 某市政协"`
	SMSTemplate      string        `env:"BIHUAN_SMS_TEMPLATE" doc:"通知的模板编号，两个变量：一句话、链接"`
	SMSCodeTemplate  string        `env:"BIHUAN_SMS_CODE_TEMPLATE" doc:"验证码的模板编号，一个变量"`
	SMSURL           string        `env:"BIHUAN_SMS_URL" envDefault:"https://sms.tencentcloudapi.com" doc:"短信网关的地址，请求按 TC3-HMAC-SHA256 签名"`
	SMSRegion        string        `env:"BIHUAN_SMS_REGION" envDefault:"ap-guangzhou" doc:"短信网关的地域"`
	PhoneEvery       time.Duration `env:"BIHUAN_PHONE_EVERY" envDefault:"20s" doc:"检查待发手机消息的间隔；没有配置任何一种方式时不检查"`
	OTLPEndpoint     string        `env:"OTEL_EXPORTER_OTLP_ENDPOINT" doc:"OpenTelemetry 收集器地址；空为关闭"`
	LogLevel         string        `env:"BIHUAN_LOG_LEVEL" envDefault:"info" doc:"日志级别：debug、info、warn、error"`
	ClockFile        string        `env:"BIHUAN_CLOCK_FILE" doc:"只用于测试：文件中写一个时刻，时钟从那里走起；serve 须与 --dev 同用"`
}

// Read takes the settings from the environment. The error names the variable.
func Read() (Config, error) {
	var c Config
	err := env.Parse(&c)
	return c, err
}

// Document prints the settings as a Markdown table.
func Document(w io.Writer) {
	fmt.Fprintln(w, "# 配置")
	fmt.Fprintln(w)
	fmt.Fprintln(w, "本表由 `bihuan config doc` 打印。所有设置都来自环境变量；一个也不设，就在自带的私有数据库上运行。")
	fmt.Fprintln(w)
	fmt.Fprintln(w, "| 变量 | 默认 | 说明 |")
	fmt.Fprintln(w, "|---|---|---|")
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		fmt.Fprintf(w, "| `%s` | `%s` | %s |\n", tag.Get("env"), tag.Get("envDefault"), tag.Get("doc"))
	}
}
