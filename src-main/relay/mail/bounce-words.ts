// The words by which bounces and automatic replies are known that follow no standard, in the languages that servers speak.
// Strangers write the text that is searched: whatever is repeated here has an upper bound, so that no place in it is read from twice over.

/** What mail systems call themselves in From. */
export const daemonNames =
  /mailer[-_. ]?daemon|mail ?delivery|post[ _]?master|mail(er)? ?(administrator|system|router|subsystem)|mail-?(err|daemon)|<>|bounce|delivery (subsystem|system|service)|no-?reply.{0,100}(delivery|mail ?server)|mta-?admin|system ?administrator|mailadmin|MAILER@/i;

/** Subjects of bounces. */
export const failureSubject = new RegExp(
  [
    String.raw`undeliver(able|ed)`,
    String.raw`un-?deliverable|not deliver(able|ed)|non-?deliver`,
    String.raw`deliver[yi]\w{0,10} (has |was )?(status|fail|problem|error|report|notif|delay|attempt|unsuccess)`,
    String.raw`(mail|message|email|e-mail) (delivery|system|could not|cannot|was not|error|not sent|status|rejected|returned|undeliv)`,
    String.raw`return(ed|ing) (mail|message|to sender)`,
    String.raw`fail(ure|ed)?( in)? (notice|notification|delivery|mail|to deliver|to send)`,
    String.raw`(could not|cannot|unable to|failed to) (be )?(send|sent|deliver)`,
    String.raw`(bounced?|rejected|blocked|refused) (mail|message)|user unknown|unknown user|mail ?failure`,
    String.raw`(^|\s)(delay(ed)?|warning|failure)\b.{0,100}(mail|message|deliver)`,
    String.raw`unzustellbar|nicht zugestellt|unzustellbarkeit|zustellung (fehl|verz)|fehlgeschlagen`,
    String.raw`non remis|échec|echec|non distribu|retourn|erreur de (remise|distribution)`,
    String.raw`no (se pudo|entregad)|devuelto|fallo en la entrega|mensaje no`,
    String.raw`mancat[ao] (consegna|recapito)|niet (bezorgd|afgeleverd)|n[ãa]o (entregue|foi)`,
    String.raw`недостав|не доставлен|配信|配達|送信|エラー|届け|不達|退信|无法|失败|반송|전송`,
  ].join('|'),
  'i',
);

/** Subjects of a person's stand-in. */
export const replySubject =
  /^\s*((out of (the )?office)|auto(matic)?[- ]?(reply|response|respond)|auto:|automatische antwort|abwesen(heit|d)|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|自動(返信|応答)|vacation|away from my mail)/i;

/** What a bounce says, in the text that is for people. */
export const bounceWords = new RegExp(
  [
    String.raw`(could|can|was|were|has|have|is|be|been|did)( ?not|n't) (be |been |able to be )*(deliver|sent|reach|relay|accept|transmit|get through)`,
    String.raw`(cannot|can't|unable to|failed to|failure to|impossible to) (be )?(deliver|send|reach|relay|find)`,
    String.raw`undeliver|permanent (fatal )?(error|failure)|fatal error|transient (non-)?fatal`,
    String.raw`deliver[yi]\w{0,10}( of your| to the| to these| to this| of this| of the)?( \w{1,30}){0,4} (fail|has fail|delay|was delay|error|problem|abort|attempt)`,
    String.raw`user unknown|unknown user|no such (user|mailbox|address|recipient|person)|mailbox (unavailable|full|not found)|over ?quota|recipient (address )?(rejected|unknown|not)`,
    String.raw`returned (mail|message|to sender|for the following|because)|return(ing|ed)( \w{1,30}){0,6} (to you|message|mail)`,
    String.raw`(the following|these|this|some|one or more|all) (address|recipient|user|destination)`,
    String.raw`host (or domain name )?(unknown|not found)|(mail|message) (was |has been )?(rejected|refused|blocked|bounced|discarded)`,
    String.raw`transcript of session|reason for (failure|the failure|bounce)|delivery (status|report|failure)`,
    String.raw`konnte nicht|nicht zugestellt|unzustellbar|n'a pas pu|n’a pas pu|no (se )?(pudo|ha podido)|non (è|e) stato`,
    String.raw`エラー|配信|送信できません|届け|届き|不達|недостав|не доставлен|无法|退信`,
  ].join('|'),
  'i',
);
