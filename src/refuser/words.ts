/**
 * All that the refuser says, in one language. In braces stands what is filled in: `{organisation}`,
 * `{name}`, `{service}`, `{ways}`, `{contact}`. Short sentences that tell what is refused, which way is
 * open and whom to ask, and accuse nobody: most who read them only clicked a link.
 */
export type Words = {
  /** Tag of the language (BCP 47). */
  readonly tag: string;
  readonly heading: string;
  readonly refused: string;
  /** The same, where nobody knows the name. */
  readonly refusedUnnamed: string;
  readonly service: string;
  /** For a name that is refused no more: the client has kept an older answer. */
  readonly tryAgain: string;
  readonly open: string;
  readonly calm: string;
  readonly way: string;
  readonly ask: string;
  /** The words of a link. */
  readonly help: string;
  readonly details: {
    readonly heading: string;
    readonly name: string;
    readonly service: string;
    readonly rule: string;
    readonly reason: string;
  };
};

export const ENGLISH: Words = {
  tag: 'en',
  heading: 'This connection is not allowed here',
  refused: 'The network of {organisation} does not allow connections to {name}.',
  refusedUnnamed: 'The network of {organisation} does not allow this connection.',
  service: 'This name belongs to the service {service}.',
  tryAgain: 'Please try again in a few minutes',
  open: '{name} is allowed for you now. Your device may still remember an older answer.',
  calm: 'This is a setting of the network. You have done nothing wrong.',
  way: 'To make something reachable from outside, please use the approved way: {ways}.',
  ask: 'If you need this connection for your work, or have a question, please contact {contact}.',
  help: 'More information',
  details: {
    heading: 'Details for your question',
    name: 'Name',
    service: 'Service',
    rule: 'Rule',
    reason: 'Reason',
  },
};

const GERMAN: Words = {
  tag: 'de',
  heading: 'Diese Verbindung ist hier nicht erlaubt',
  refused: 'Im Netz von {organisation} sind Verbindungen zu {name} nicht erlaubt.',
  refusedUnnamed: 'Im Netz von {organisation} ist diese Verbindung nicht erlaubt.',
  service: 'Dieser Name gehört zum Dienst {service}.',
  tryAgain: 'Bitte versuchen Sie es in einigen Minuten noch einmal',
  open: '{name} ist für Sie inzwischen erlaubt. Ihr Gerät kennt vielleicht noch eine ältere Antwort.',
  calm: 'Das ist eine Einstellung des Netzes. Sie haben nichts falsch gemacht.',
  way: 'Wenn Sie etwas von außen erreichbar machen möchten, nutzen Sie bitte den vorgesehenen Weg: {ways}.',
  ask: 'Wenn Sie diese Verbindung für Ihre Arbeit brauchen oder Fragen haben, wenden Sie sich bitte an {contact}.',
  help: 'Weitere Informationen',
  details: {
    heading: 'Angaben für Ihre Rückfrage',
    name: 'Name',
    service: 'Dienst',
    rule: 'Regel',
    reason: 'Grund',
  },
};

const FRENCH: Words = {
  tag: 'fr',
  heading: 'Cette connexion n’est pas autorisée ici',
  refused: 'Le réseau de {organisation} n’autorise pas les connexions vers {name}.',
  refusedUnnamed: 'Le réseau de {organisation} n’autorise pas cette connexion.',
  service: 'Ce nom appartient au service {service}.',
  tryAgain: 'Veuillez réessayer dans quelques minutes',
  open: '{name} est désormais autorisé pour vous. Votre appareil garde peut-être une réponse plus ancienne.',
  calm: 'C’est un réglage du réseau. Vous n’avez rien fait de mal.',
  way: 'Pour rendre quelque chose accessible de l’extérieur, veuillez utiliser la voie prévue : {ways}.',
  ask: 'Si vous avez besoin de cette connexion pour votre travail, ou pour toute question, contactez {contact}.',
  help: 'En savoir plus',
  details: {
    heading: 'Informations pour votre demande',
    name: 'Nom',
    service: 'Service',
    rule: 'Règle',
    reason: 'Motif',
  },
};

const SPANISH: Words = {
  tag: 'es',
  heading: 'Esta conexión no está permitida aquí',
  refused: 'La red de {organisation} no permite conexiones a {name}.',
  refusedUnnamed: 'La red de {organisation} no permite esta conexión.',
  service: 'Este nombre pertenece al servicio {service}.',
  tryAgain: 'Vuelva a intentarlo dentro de unos minutos',
  open: '{name} ya está permitido para usted. Es posible que su dispositivo recuerde una respuesta anterior.',
  calm: 'Es un ajuste de la red. Usted no ha hecho nada malo.',
  way: 'Para que algo sea accesible desde fuera, utilice la vía prevista: {ways}.',
  ask: 'Si necesita esta conexión para su trabajo, o tiene alguna pregunta, póngase en contacto con {contact}.',
  help: 'Más información',
  details: {
    heading: 'Datos para su consulta',
    name: 'Nombre',
    service: 'Servicio',
    rule: 'Regla',
    reason: 'Motivo',
  },
};

const ITALIAN: Words = {
  tag: 'it',
  heading: 'Questa connessione non è consentita qui',
  refused: 'La rete di {organisation} non consente connessioni a {name}.',
  refusedUnnamed: 'La rete di {organisation} non consente questa connessione.',
  service: 'Questo nome appartiene al servizio {service}.',
  tryAgain: 'Riprovi tra qualche minuto',
  open: '{name} ora è consentito per Lei. Il Suo dispositivo potrebbe ricordare una risposta precedente.',
  calm: 'È un’impostazione della rete. Lei non ha fatto nulla di sbagliato.',
  way: 'Per rendere qualcosa raggiungibile dall’esterno, utilizzi la via prevista: {ways}.',
  ask: 'Se questa connessione Le serve per lavoro, o se ha domande, contatti {contact}.',
  help: 'Maggiori informazioni',
  details: {
    heading: 'Dati per la Sua richiesta',
    name: 'Nome',
    service: 'Servizio',
    rule: 'Regola',
    reason: 'Motivo',
  },
};

const PORTUGUESE: Words = {
  tag: 'pt',
  heading: 'Esta ligação não é permitida aqui',
  refused: 'A rede de {organisation} não permite ligações a {name}.',
  refusedUnnamed: 'A rede de {organisation} não permite esta ligação.',
  service: 'Este nome pertence ao serviço {service}.',
  tryAgain: 'Tente novamente dentro de alguns minutos',
  open: '{name} já é permitido para si. O seu dispositivo pode ainda lembrar-se de uma resposta anterior.',
  calm: 'É uma configuração da rede. Não fez nada de errado.',
  way: 'Para tornar algo acessível a partir do exterior, utilize a via prevista: {ways}.',
  ask: 'Se precisa desta ligação para o seu trabalho, ou se tem alguma pergunta, contacte {contact}.',
  help: 'Mais informações',
  details: {
    heading: 'Dados para a sua pergunta',
    name: 'Nome',
    service: 'Serviço',
    rule: 'Regra',
    reason: 'Motivo',
  },
};

const DUTCH: Words = {
  tag: 'nl',
  heading: 'Deze verbinding is hier niet toegestaan',
  refused: 'Op het netwerk van {organisation} zijn verbindingen met {name} niet toegestaan.',
  refusedUnnamed: 'Op het netwerk van {organisation} is deze verbinding niet toegestaan.',
  service: 'Deze naam hoort bij de dienst {service}.',
  tryAgain: 'Probeer het over een paar minuten opnieuw',
  open: '{name} is nu voor u toegestaan. Uw apparaat onthoudt misschien nog een ouder antwoord.',
  calm: 'Dit is een instelling van het netwerk. U hebt niets verkeerd gedaan.',
  way: 'Wilt u iets van buitenaf bereikbaar maken, gebruik dan de daarvoor bedoelde weg: {ways}.',
  ask: 'Hebt u deze verbinding voor uw werk nodig, of hebt u een vraag, neem dan contact op met {contact}.',
  help: 'Meer informatie',
  details: {
    heading: 'Gegevens voor uw vraag',
    name: 'Naam',
    service: 'Dienst',
    rule: 'Regel',
    reason: 'Reden',
  },
};

const POLISH: Words = {
  tag: 'pl',
  heading: 'To połączenie nie jest tu dozwolone',
  refused: 'Sieć {organisation} nie zezwala na połączenia z {name}.',
  refusedUnnamed: 'Sieć {organisation} nie zezwala na to połączenie.',
  service: 'Ta nazwa należy do usługi {service}.',
  tryAgain: 'Proszę spróbować ponownie za kilka minut',
  open: 'Połączenia z {name} są już dozwolone. Urządzenie może jeszcze pamiętać starszą odpowiedź.',
  calm: 'To ustawienie sieci. Nie zrobiono niczego złego.',
  way: 'Aby udostępnić coś na zewnątrz, proszę użyć przewidzianej drogi: {ways}.',
  ask: 'Jeśli to połączenie jest potrzebne do pracy lub w razie pytań, prosimy o kontakt: {contact}.',
  help: 'Więcej informacji',
  details: {
    heading: 'Dane do zapytania',
    name: 'Nazwa',
    service: 'Usługa',
    rule: 'Reguła',
    reason: 'Powód',
  },
};

const JAPANESE: Words = {
  tag: 'ja',
  heading: 'この接続はここでは許可されていません',
  refused: '{organisation} のネットワークでは、{name} への接続は許可されていません。',
  refusedUnnamed: '{organisation} のネットワークでは、この接続は許可されていません。',
  service: 'この名前は {service} というサービスのものです。',
  tryAgain: '数分後にもう一度お試しください',
  open: '{name} への接続は現在許可されています。お使いの機器に古い応答が残っている可能性があります。',
  calm: 'これはネットワークの設定によるものです。あなたが何か間違ったことをしたわけではありません。',
  way: '外部からアクセスできるようにしたい場合は、所定の方法をご利用ください：{ways}',
  ask: '業務でこの接続が必要な場合やご質問がある場合は、こちらへお問い合わせください：{contact}',
  help: '詳しい情報',
  details: {
    heading: 'お問い合わせ用の情報',
    name: '名前',
    service: 'サービス',
    rule: 'ルール',
    reason: '理由',
  },
};

const CHINESE: Words = {
  tag: 'zh',
  heading: '此处不允许该连接',
  refused: '{organisation} 的网络不允许连接到 {name}。',
  refusedUnnamed: '{organisation} 的网络不允许该连接。',
  service: '该名称属于 {service} 服务。',
  tryAgain: '请几分钟后再试',
  open: '现在已允许您连接到 {name}。您的设备可能仍保留着较早的应答。',
  calm: '这是网络的设置，您并没有做错什么。',
  way: '如需让外部访问您的内容，请使用规定的方式：{ways}',
  ask: '如果您的工作需要此连接，或有任何疑问，请联系：{contact}',
  help: '更多信息',
  details: {
    heading: '咨询时可提供的信息',
    name: '名称',
    service: '服务',
    rule: '规则',
    reason: '原因',
  },
};

/** Every language there is; the first is for those who ask for none of them. */
export const LANGUAGES: readonly [Words, ...Words[]] = [
  ENGLISH,
  GERMAN,
  FRENCH,
  SPANISH,
  ITALIAN,
  PORTUGUESE,
  DUTCH,
  POLISH,
  JAPANESE,
  CHINESE,
];
