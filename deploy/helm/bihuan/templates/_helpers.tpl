{{- define "bihuan.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "bihuan.selector" -}}
app.kubernetes.io/name: bihuan
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "bihuan.labels" -}}
{{ include "bihuan.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "bihuan.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "bihuan.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "bihuan.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* 服务与后台任务相同的环境。DATABASE_OWNER_URL 不在其内：它们从不迁移。 */}}
{{- define "bihuan.env" -}}
- name: BIHUAN_LISTEN
  value: 0.0.0.0:8080
- name: BIHUAN_SIGNING_KEYS
  value: /etc/bihuan/keys/keys.json
- name: BIHUAN_SECRET_FILE
  value: /etc/bihuan/keys/secret
- name: DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.app }}, key: DATABASE_URL}}
- name: BIHUAN_FILES
{{- if .Values.files.existingClaim }}
  value: file:///var/lib/bihuan/files
{{- else }}
  valueFrom: {secretKeyRef: {name: {{ .Values.secrets.app }}, key: BIHUAN_FILES}}
{{- end }}
{{- range $key, $value := .Values.env }}
{{- if $value }}
- name: {{ $key }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Go 在到达上限之前就勤于回收，不会被杀：上限的八成。 */}}
{{- define "bihuan.memory" -}}
{{- if hasSuffix "Gi" . -}}
{{ mulf (trimSuffix "Gi" . | float64) 819.2 | int }}MiB
{{- else if hasSuffix "Mi" . -}}
{{ mulf (trimSuffix "Mi" . | float64) 0.8 | int }}MiB
{{- else -}}
{{ fail "resources.limits.memory 须用 Mi 或 Gi" }}
{{- end -}}
{{- end }}

{{- define "bihuan.mounts" -}}
- {name: keys, mountPath: /etc/bihuan/keys, readOnly: true}
- {name: data, mountPath: /var/lib/bihuan}
{{- if .Values.files.existingClaim }}
- {name: files, mountPath: /var/lib/bihuan/files}
{{- end }}
{{- end }}

{{- define "bihuan.volumes" -}}
- name: keys
  secret:
    secretName: {{ .Values.secrets.keys }}
    defaultMode: 0440 # 别人可读的密钥文件，程序会拒绝
- name: data
  emptyDir: {}
{{- if .Values.files.existingClaim }}
- name: files
  persistentVolumeClaim:
    claimName: {{ .Values.files.existingClaim }}
{{- end }}
{{- end }}

{{- define "bihuan.placing" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
