import type { Fields } from '../objects.ts'
import { badRequest, StatusError } from '../status-error.ts'

/**
 * Kubernetes' protobuf form of request bodies, for the objects that `kubectl create` and `kubectl auth` send in it;
 * everything else sends JSON. Answers are always JSON, which such clients accept as well.
 */
export const protobufType = 'application/vnd.kubernetes.protobuf'

/**
 * Field numbers of the published `generated.proto` files: `NUMBER NAME TYPE`. `?` marks a number or boolean whose
 * zero says something; `*` a list; `map:` a map of strings to the type.
 */
const messages: Readonly<Record<string, string>> = {
  Unknown: '1 typeMeta TypeMeta, 2 raw raw, 3 contentEncoding string, 4 contentType string',
  TypeMeta: '1 apiVersion string, 2 kind string',
  ObjectMeta:
    '1 name string, 2 generateName string, 3 namespace string, 4 selfLink string, 5 uid string, 6 resourceVersion string, 7 generation int, 8 creationTimestamp Time, 11 labels map:string, 12 annotations map:string, 13 ownerReferences OwnerReference*, 14 finalizers string*',
  OwnerReference:
    '1 kind string, 3 name string, 4 uid string, 5 apiVersion string, 6 controller bool?, 7 blockOwnerDeletion bool?',
  Time: '1 seconds int, 2 nanos int',
  Namespace: '1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status Ignored',
  NamespaceSpec: '1 finalizers string*',
  ConfigMap: '1 metadata ObjectMeta, 2 data map:string, 3 binaryData map:bytes, 4 immutable bool?',
  Secret: '1 metadata ObjectMeta, 2 data map:bytes, 3 type string, 4 stringData map:string, 5 immutable bool?',
  ServiceAccount:
    '1 metadata ObjectMeta, 2 secrets ObjectReference*, 3 imagePullSecrets Named*, 4 automountServiceAccountToken bool?',
  ObjectReference:
    '1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string, 6 resourceVersion string, 7 fieldPath string',
  Named: '1 name string',
  Service: '1 metadata ObjectMeta, 2 spec ServiceSpec, 3 status Ignored',
  ServiceSpec:
    '1 ports ServicePort*, 2 selector map:string, 3 clusterIP string, 4 type string, 5 externalIPs string*, 7 sessionAffinity string, 8 loadBalancerIP string, 9 loadBalancerSourceRanges string*, 10 externalName string, 11 externalTrafficPolicy string, 12 healthCheckNodePort int, 13 publishNotReadyAddresses bool, 17 ipFamilyPolicy string, 18 clusterIPs string*, 19 ipFamilies string*, 20 allocateLoadBalancerNodePorts bool?, 21 loadBalancerClass string, 22 internalTrafficPolicy string',
  ServicePort:
    '1 name string, 2 protocol string, 3 port int, 4 targetPort IntOrString, 5 nodePort int, 6 appProtocol string',
  IntOrString: '1 type int, 2 intVal int, 3 strVal string',
  Deployment: '1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status Ignored',
  DeploymentSpec:
    '1 replicas int?, 2 selector LabelSelector, 3 template PodTemplate, 4 strategy DeploymentStrategy, 5 minReadySeconds int, 6 revisionHistoryLimit int?, 7 paused bool, 9 progressDeadlineSeconds int?',
  DeploymentStrategy: '1 type string',
  LabelSelector: '1 matchLabels map:string, 2 matchExpressions LabelSelectorRequirement*',
  LabelSelectorRequirement: '1 key string, 2 operator string, 3 values string*',
  PodTemplate: '1 metadata ObjectMeta, 2 spec PodSpec',
  PodSpec:
    '2 containers Container*, 3 restartPolicy string, 4 terminationGracePeriodSeconds int?, 5 activeDeadlineSeconds int?, 6 dnsPolicy string, 7 nodeSelector map:string, 8 serviceAccountName string, 9 serviceAccount string, 10 nodeName string, 11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 14 securityContext Empty, 16 hostname string, 17 subdomain string, 19 schedulerName string, 20 initContainers Container*, 24 priorityClassName string',
  Container:
    '1 name string, 2 image string, 3 command string*, 4 args string*, 5 workingDir string, 6 ports ContainerPort*, 7 env EnvVar*, 8 resources Empty, 13 terminationMessagePath string, 14 imagePullPolicy string, 16 stdin bool, 17 stdinOnce bool, 18 tty bool, 20 terminationMessagePolicy string',
  ContainerPort: '1 name string, 2 hostPort int, 3 containerPort int, 4 protocol string, 5 hostIP string',
  EnvVar: '1 name string, 2 value string',
  Job: '1 metadata ObjectMeta, 2 spec JobSpec, 3 status Ignored',
  JobSpec:
    '1 parallelism int?, 2 completions int?, 3 activeDeadlineSeconds int?, 4 selector LabelSelector, 5 manualSelector bool?, 6 template PodTemplate, 7 backoffLimit int?, 8 ttlSecondsAfterFinished int?, 9 completionMode string, 10 suspend bool?',
  Role: '1 metadata ObjectMeta, 2 rules PolicyRule*',
  ClusterRole: '1 metadata ObjectMeta, 2 rules PolicyRule*',
  PolicyRule:
    '1 verbs string*, 2 apiGroups string*, 3 resources string*, 4 resourceNames string*, 5 nonResourceURLs string*',
  RoleBinding: '1 metadata ObjectMeta, 2 subjects Subject*, 3 roleRef RoleRef',
  ClusterRoleBinding: '1 metadata ObjectMeta, 2 subjects Subject*, 3 roleRef RoleRef',
  Subject: '1 kind string, 2 apiGroup string, 3 name string, 4 namespace string',
  RoleRef: '1 apiGroup string, 2 kind string, 3 name string',
  TokenRequest: '1 metadata ObjectMeta, 2 spec TokenRequestSpec, 3 status Ignored',
  TokenRequestSpec: '1 audiences string*, 3 boundObjectRef BoundObjectReference, 4 expirationSeconds int?',
  BoundObjectReference: '1 kind string, 2 apiVersion string, 3 name string, 4 uid string',
  SelfSubjectReview: '1 metadata ObjectMeta, 2 status Ignored',
  SelfSubjectAccessReview: '1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status Ignored',
  SelfSubjectAccessReviewSpec: '1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes',
  ResourceAttributes:
    '1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, 6 subresource string, 7 name string',
  NonResourceAttributes: '1 path string, 2 verb string',
  DeleteOptions:
    '1 gracePeriodSeconds int?, 2 preconditions Preconditions, 3 orphanDependents bool?, 4 propagationPolicy string, 5 dryRun string*',
  Preconditions: '1 uid string, 2 resourceVersion string',
  Eviction: '1 metadata ObjectMeta, 2 deleteOptions DeleteOptions',
  Empty: '',
}

interface Member {
  readonly name: string
  readonly type: string
  readonly form: 'one' | 'list' | 'map'
  /** Zero is kept. */
  readonly pointer: boolean
}

const members = new Map<string, ReadonlyMap<number, Member>>()

function membersOf(message: string): ReadonlyMap<number, Member> {
  const known = members.get(message)
  if (known !== undefined) return known
  const table = new Map<number, Member>()
  for (const entry of (messages[message] ?? '').split(', ').filter(Boolean)) {
    const [number, name = '', type = ''] = entry.split(' ')
    const form = type.startsWith('map:') ? 'map' : type.endsWith('*') ? 'list' : 'one'
    table.set(Number(number), { name, type: type.replace(/^map:|[*?]$/g, ''), form, pointer: type.endsWith('?') })
  }
  members.set(message, table)
  return table
}

const magic = Buffer.from('k8s\0')

/** @throws StatusError 400, 415 for a body that can't be read */
export function decodeProtobuf(body: Buffer): Fields {
  if (!body.subarray(0, magic.length).equals(magic))
    throw badRequest('the object provided is unrecognized: expected protobuf')
  const { typeMeta, raw } = decodeMessage('Unknown', body.subarray(magic.length)) as { typeMeta?: Fields; raw?: Buffer }
  const kind = String(typeMeta?.kind ?? '')
  if (messages[kind] === undefined) throw unsupported(kind)
  return { apiVersion: typeMeta?.apiVersion, kind, ...decodeMessage(kind, raw ?? Buffer.alloc(0)) }
}

const unsupported = (what: string) =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `${what} can't be sent as protobuf here - accepted media types include: application/json, application/yaml`,
  )

function decodeMessage(message: string, bytes: Buffer): Fields {
  const table = membersOf(message)
  const fields: Fields = {}
  for (const { number, value } of wireFields(bytes)) {
    const member = table.get(number)
    if (member === undefined) throw unsupported(`field ${number} of ${message}`)
    const decoded = member.form === 'map' ? mapEntry(member.type, value) : decodeValue(member, value)
    if (decoded === undefined) continue
    if (member.form === 'one') fields[member.name] = decoded
    else if (member.form === 'list') fields[member.name] = [...((fields[member.name] as unknown[]) ?? []), decoded]
    else fields[member.name] = { ...(fields[member.name] as Fields), ...(decoded as Fields) }
  }
  return fields
}

function decodeValue({ type, form, pointer }: Member, value: bigint | Buffer): unknown {
  const said = pointer || form === 'list'
  if (typeof value === 'bigint') {
    const number = Number(BigInt.asIntN(64, value))
    if (number === 0 && !said) return undefined
    return type === 'bool' ? number !== 0 : number
  }
  if (type === 'string') return value.length === 0 && !said ? undefined : value.toString()
  if (type === 'bytes') return value.toString('base64')
  if (type === 'raw') return value
  // What a client says of a status is not asked for.
  if (type === 'Ignored') return undefined
  const message = decodeMessage(type, value)
  if (type === 'IntOrString') return message.type === 1 ? message.strVal : (message.intVal ?? undefined)
  if (type === 'Time')
    return message.seconds === undefined ? undefined : new Date(Number(message.seconds) * 1000).toISOString()
  return message
}

function mapEntry(type: string, entry: bigint | Buffer): Fields {
  const parts = new Map(
    [...wireFields(Buffer.isBuffer(entry) ? entry : Buffer.alloc(0))].map(({ number, value }) => [number, value]),
  )
  const key = parts.get(1)
  const value = parts.get(2) ?? Buffer.alloc(0)
  return { [String(key ?? '')]: decodeValue({ name: '', type, form: 'one', pointer: true }, value) }
}

/** The fields of a message as they are on the wire: numbers, or bytes. */
function* wireFields(bytes: Buffer): Generator<{ number: number; value: bigint | Buffer }> {
  let at = 0
  while (at < bytes.length) {
    const tag = Number(varint())
    const wireType = tag & 7
    if (wireType === 0) yield { number: tag >> 3, value: varint() }
    else if (wireType === 2) {
      const length = Number(varint())
      if (at + length > bytes.length) throw badRequest('the object provided is unrecognized: unexpected EOF')
      yield { number: tag >> 3, value: bytes.subarray(at, at + length) }
      at += length
    } else throw unsupported(`wire type ${wireType}`)
  }

  function varint(): bigint {
    let result = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at]
      if (byte === undefined || shift > 63n) throw badRequest('the object provided is unrecognized: unexpected EOF')
      at += 1
      result |= BigInt(byte & 127) << shift
      if (byte < 128) return result
    }
  }
}
