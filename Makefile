# Two commands do everything on a fresh Debian or Ubuntu machine with Go, Node
# and make: `make run` and `make test`.

SHELL       := /bin/sh
GO          ?= go
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Without inlining generated code compiles in half the time, without DWARF it
# links in half; the release build (make build) inlines.
QUICK       := GOFLAGS="$(GOFLAGS) -gcflags=all=-l -ldflags=-w"
NPM_CI      := npm ci --no-audit --no-fund --loglevel=error

.DEFAULT_GOAL := help

.PHONY: help
help: ## 列出命令
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: postgres
postgres: ## 没有 PostgreSQL 时取得它（root 用 Debian 包，否则用 npm）
	@sh scripts/get-postgres.sh

.PHONY: graphiql
graphiql: ## 取得 GraphiQL 的文件，供开发时离线使用
	@sh scripts/get-graphiql.sh

.PHONY: web-deps
web-deps: ## 安装控制台编译和测试所需的 npm 包
	@cd web && { [ node_modules/.package-lock.json -nt package-lock.json ] || PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM_CI); }

.PHONY: web
web: web-deps ## 编译控制台（web/dist，编进程序），打印并检查首页的大小
	@cd web && { [ -z "$$(find src public scripts index.html vite.config.ts package.json ../schema.graphql -newer dist/index.html 2>/dev/null | head -1)" ] && [ -f dist/index.html ] || npm run --silent build; }

.PHONY: chromium
chromium: ## 没有 Chromium 时取得它和中文字体（root 用 Debian 包）
	@sh scripts/get-chromium.sh

.PHONY: stories
stories: postgres graphiql clients-deps web chromium ## 控制台的故事：真实的程序、演示数据、无界面的 Chromium，电脑和手机；截图在 web/test-results/shots
	$(QUICK) $(GO) test -count=1 -timeout 15m -v ./test/smoke -run "TestOnTheDemo/the_console"

.PHONY: build
build: web ## 编译 bin/bihuan（发布用，带内联）
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/bihuan ./cmd/bihuan

.PHONY: run
run: postgres graphiql web ## 编译并启动产品：私有数据库、演示数据、GraphiQL
	$(QUICK) $(GO) build -o bin/bihuan ./cmd/bihuan
	./bin/bihuan serve --dev --demo

.PHONY: audits-deps
audits-deps: ## 安装 GraphQL 审计和模式比较所需的 npm 包
	@cd test/audits && { [ node_modules/.package-lock.json -nt package-lock.json ] || $(NPM_CI); }

.PHONY: clients-deps
clients-deps: ## 安装 TypeScript 客户端编译和测试所需的 npm 包
	@cd clients/ts && { [ node_modules/.package-lock.json -nt package-lock.json ] || $(NPM_CI); }

.PHONY: clients
clients: clients-deps ## 从 schema.graphql 生成并编译 clients/ts
	@cd clients/ts && npm run --silent build

.PHONY: attacks
attacks: postgres ## 所有越权的办法：由权限目录生成
	$(QUICK) $(GO) test ./roster -run NobodyGetsMore -attacks 0 -v -timeout 60m

.PHONY: test
test: postgres graphiql audits-deps clients-deps web chromium ## 所有测试：真实的 PostgreSQL，真实的 HTTP
	$(QUICK) $(GO) vet ./...
	$(QUICK) $(GO) test -timeout 30m $(if $(TAGS),-tags $(TAGS)) ./...
	@cd web && npm run --silent lint
	@cd test/audits && node breaking.mjs ../../graph/released.graphql ../../schema.graphql

.PHONY: gen
gen: ## 重新生成 ent、GraphQL、schema.graphql 与由程序打印的文档
	cd ent && $(GO) run -mod=mod ./entc.go
	$(QUICK) $(GO) run github.com/99designs/gqlgen generate
	@# Each request would build a map of 200 functions for UnmarshalInputFromContext, which nobody calls (test/arch says so).
	perl -ni -e 'print unless /BuildUnmarshalerMap\($$/ .. /^\t\)$$/ and /ec\.unmarshalInput/' graph/generated/exec.go
	$(QUICK) $(GO) build -o bin/bihuan ./cmd/bihuan
	./bin/bihuan schema > schema.graphql
	./bin/bihuan config doc > docs/configuration.md
	./bin/bihuan frontends > docs/frontends.md
	./bin/bihuan permissions > docs/permissions.txt
	./bin/bihuan process words > docs/vocabulary.md
	./bin/bihuan process told > docs/told.md
	./bin/bihuan process reference > docs/process-reference.md
	./bin/bihuan process schema > docs/process.schema.json
	for kind in $$(./bin/bihuan process kinds); do ./bin/bihuan process diagram tenants/templates/$$kind.yaml > docs/$$kind.mmd || exit 1; done

.PHONY: verify
verify: gen ## 生成的内容都是最新的，迁移与模式一致
	$(QUICK) $(GO) test -count=1 ./ent/migrations
	@git diff --exit-code -- ent/gen graph/generated graph/model schema.graphql docs && \
	  [ -z "$$(git status --porcelain -- ent/gen graph/generated graph/model schema.graphql docs)" ] || { echo "生成的内容不是最新的：请运行 make gen 并提交"; exit 1; }

.PHONY: walks
walks: ## 在每个随产品提供的流程上随机走几百遍：人离任、单位撤并、期限到了，什么都不会停在那里
	$(GO) test -count=1 -timeout 4h -v ./test/walks -walks 200 -steps 60

.PHONY: figures
figures: postgres ## 每个指标在几百段随机的历史上、截至随机的日期，另用一种写法再数一遍
	$(GO) test -count=1 -timeout 4h -v ./figures -run Plainly -histories 400

.PHONY: reads
reads: postgres ## 由接口定义随机写出几千份查询，以各种角色用两种办法问，逐字节比较
	$(QUICK) $(GO) test -count=1 -timeout 1h -v -run TestBothWaysOfReadingGiveTheSame ./graph -reads 5000

.PHONY: corpus
corpus: postgres ## 把整套古怪的文字、日期和数字送进每个变更的每一栏
	$(QUICK) $(GO) test -count=1 -timeout 1h -v -run TestEveryDoorSaysTheSame ./graph -corpus

.PHONY: browsers-deps
browsers-deps: ## 安装 make test TAGS=browser 另外要的 npm 包；Chromium 自备（Debian：apt-get install chromium）
	@for d in test/forms test/browsers; do (cd $$d && { [ node_modules/.package-lock.json -nt package-lock.json ] || $(NPM_CI); }) || exit 1; done

.PHONY: browsers
browsers: browsers-deps postgres graphiql clients-deps web ## 两个人在两个浏览器里看得到对方办的事（无界面的 Chromium）
	$(QUICK) $(GO) test -count=1 -v -tags browser -run TestOnTheDemo ./test/smoke

.PHONY: forms
forms: browsers-deps ## 在无界面的 Chromium 里用通用的表单库显示随产品提供的每一张表单（Debian：apt-get install chromium）
	$(QUICK) $(GO) test -count=1 -v -tags browser -run TestAFormLibraryRendersEveryForm ./assembly

.PHONY: lint
lint: ## 格式、vet、staticcheck、包之间的方向
	@test -z "$$(gofmt -l $$(git ls-files '*.go' | grep -vE '^(ent/gen|graph/generated|graph/model)/'))" || { echo "请运行 gofmt"; exit 1; }
	$(QUICK) $(GO) vet ./...
	$(QUICK) $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(QUICK) $(GO) test ./test/arch

.PHONY: bench
bench: postgres ## 测速：同一次运行中与手写 SQL 的比值
	$(GO) run ./test/bench
	$(GO) test -p 1 -run '^$$' -bench . -benchtime 5s ./loop/overview ./exchange

.PHONY: clean
clean: ## 删除编译结果（不动数据）
	rm -rf bin .cache
