import{r as e}from"./rolldown-runtime-XKyaHtl9.js";import{C as t,E as n,L as r,N as i,S as a,_ as o,a as s,b as c,d as l,g as u,h as d,j as f,l as p,m,n as h,r as g,s as _,t as v,u as y,v as b,w as ee,x,y as S}from"./store-BLsWIua9.js";var C=e(r(),1),w=new f(`query LoginOptions {
  authConfig {
    registrationOpen
    oauthProviders {
      name
      displayName
    }
  }
}`),T=new f(`mutation ResendVerification($input: ResendVerificationEmailInput!) {
  resendVerificationEmail(input: $input) {
    email
  }
}`),te=new f(`mutation ForgotPassword($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) {
    email
  }
}`),ne=new f(`query Confirmation {
  session {
    recentAuthUntil
    reauthenticationMethods
  }
  me {
    oauthAccounts {
      provider {
        name
      }
    }
  }
}`),E=new f(`mutation ConfirmIdentity($input: ReauthenticateInput!) {
  reauthenticate(input: $input) {
    session {
      recentAuthUntil
    }
  }
}`),re=new f(`mutation ConfirmWithProvider($input: ReauthenticateInput!) {
  reauthenticate(input: $input) {
    session {
      recentAuthUntil
    }
  }
}`),ie=new f(`mutation LinkProvider($input: LinkOAuthAccountInput!) {
  linkOAuthAccount(input: $input) {
    oauthAccount {
      id
    }
  }
}`),ae=new f(`query OwnSecondFactor {
  me {
    hasPassword
    mfa {
      enabled
      backupCodesRemaining
    }
  }
}`),oe=new f(`mutation StartSecondFactor {
  startMfaEnrollment {
    secret
    otpauthUri
  }
}`),se=new f(`mutation FinishSecondFactor($input: ConfirmMfaEnrollmentInput!) {
  confirmMfaEnrollment(input: $input) {
    backupCodes
  }
}`),ce=new f(`query OwnSessions {
  me {
    sessions(first: 50, status: ACTIVE) {
      nodes {
        id
        current
        ipAddress
        createdAt
        lastSeenAt
        device {
          name
          browser
          os
        }
      }
      pageInfo {
        hasNextPage
      }
    }
  }
}`),le=new f(`mutation EndSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) {
    session {
      id
    }
  }
}`),ue=new f(`mutation EndOtherSessions {
  revokeOtherSessions {
    endedSessionCount
  }
}`),de=new f(`query PasswordRules {
  authConfig {
    passwordPolicy {
      rules {
        code
        limit
        message
        pattern
      }
    }
  }
}`),fe=new f(`query OwnAccount {
  me {
    id
    email
    pendingEmail
    emailVerified
    name
    role
    hasPassword
    createdAt
  }
}`),pe=new f(`mutation ChangeName($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    user {
      id
    }
  }
}`),me=new f(`mutation ChangeEmail($input: RequestEmailChangeInput!) {
  requestEmailChange(input: $input) {
    user {
      pendingEmail
    }
  }
}`),he=new f(`mutation ReplacePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    endedSessionCount
  }
}`),ge=new f(`mutation FirstPassword($input: SetPasswordInput!) {
  setPassword(input: $input) {
    endedSessionCount
  }
}`),_e=new f(`mutation TurnSecondFactorOff($input: DisableMfaInput!) {
  disableMfa(input: $input) {
    user {
      id
    }
  }
}`),ve=new f(`mutation NewBackupCodes($input: RegenerateBackupCodesInput!) {
  regenerateBackupCodes(input: $input) {
    backupCodes
  }
}`),ye=new f(`query OwnProviders {
  authConfig {
    oauthProviders {
      name
      displayName
    }
  }
  me {
    oauthAccounts {
      id
      email
      linkedAt
      lastUsedAt
      provider {
        name
        displayName
      }
    }
  }
}`),be=new f(`mutation UnlinkProvider($input: UnlinkOAuthAccountInput!) {
  unlinkOAuthAccount(input: $input) {
    oauthAccountId
  }
}`),xe=new f(`query OwnEvents($after: String, $actions: [AuditAction!]!) {
  me {
    auditEvents(first: 20, after: $after, filter: {actions: $actions}) {
      nodes {
        id
        at
        action
        outcome
        ipAddress
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}`),Se=new f(`mutation DeleteOwnAccount($input: DeleteAccountInput!) {
  deleteAccount(input: $input) {
    userId
  }
}`),D=`authgraph:oauth`,O=async(e,t,n,r=!1)=>{let i=`${location.origin}${y}`,{url:a,flowToken:o}=await e.startOAuth({provider:t,redirectUri:i,purpose:n}),s={flowToken:o,purpose:n,returnTo:location.pathname+location.search,needsCode:r};sessionStorage.setItem(D,JSON.stringify(s)),location.assign(a)},Ce=()=>{let e=sessionStorage.getItem(D);sessionStorage.removeItem(D);try{return JSON.parse(e??`null`)}catch{return null}},k=(()=>{if(location.pathname!==y)return;let[e,n]=[t(location.search),Ce()];return history.replaceState(null,``,n?.returnTo??s),{answer:e,journey:n}})(),A,we=()=>{let e=A;return A=void 0,e},Te=async e=>{if(!k)return{};let{answer:t,journey:n}=k;if(k=void 0,!n)return{notice:`This sign-in was not begun in this tab, or was completed before. Please begin again.`};try{return await Ee(e,n,{flowToken:n.flowToken,...t})}catch(e){return{notice:De(e)}}},Ee=async(e,{purpose:t,needsCode:n},r)=>{switch(t){case`LOGIN`:{let t=await e.completeOAuth(r);return t.__typename===`SignedIn`?{}:{step:t}}case`LINK`:return await e.request(ie,{input:{oauth:r}}),{notice:`The account at the provider is linked. You can sign in with it from now on.`};case`REAUTHENTICATE`:return n&&r.code?(A=r,{notice:`One more step: choose again what you wanted to do, and type the code of your authenticator app.`}):(await e.request(re,{input:{oauth:r}}),{notice:`Your identity is confirmed. Please choose again what you wanted to do.`})}},De=e=>{if(!(e instanceof n))return a(e);switch(e.code){case`INVALID_TOKEN`:return e.reason===`EXPIRED`?`The sign-in at the provider took too long, or your session ended meanwhile. Please begin again.`:`This sign-in was completed before, or is not known. Please begin again.`;case`EMAIL_TAKEN`:return`There is an account with this email address. Sign in to it another way, and link the provider there.`;case`UNAUTHENTICATED`:case`SESSION_ENDED`:return`Your session ended meanwhile. Please sign in and begin again.`;case`REAUTHENTICATION_REQUIRED`:return`It took too long. Please confirm that it is you, and begin again.`;default:return a(e)}},j=v(`closed`),M,Oe=class extends WebSocket{constructor(e,t){super(e,t),M=this;let n=e=>{M===this&&j.set(e)};n(`connecting`),this.addEventListener(`open`,()=>n(`open`)),this.addEventListener(`close`,()=>n(`closed`))}},ke=()=>h(j),Ae=3e3,je=300,Me=e=>{let t=`authgraph:${e}`,n=new BroadcastChannel(t),r=navigator.locks,i=new Set,a=()=>{try{return JSON.parse(sessionStorage.getItem(t)??`null`)}catch{return null}},o=e=>e?sessionStorage.setItem(t,JSON.stringify(e)):sessionStorage.removeItem(t),s=e=>n.postMessage(e);n.onmessage=({data:e})=>{if(e.kind===`question`)return s({kind:`answer`,kept:a()});let{kind:t,kept:n}=e;if(n&&n.savedAt>(a()?.savedAt??0)&&o(n),t===`tokens`&&!n&&o(null),t===`answer`)for(let e of i)e()},r?.request(`${t}:tab`,{mode:`shared`},()=>new Promise(()=>{}));let c=async()=>{let{held:e=[]}=await r?.query()??{};return e.filter(e=>e.name===`${t}:tab`).length-1},l=async()=>{let e=r?await c():1/0;if(e<=0)return;let{promise:t,resolve:n}=Promise.withResolvers(),a=()=>{--e,e<=0&&n()};i.add(a);let o=setTimeout(n,r?Ae:je);s({kind:`question`}),await t,clearTimeout(o),i.delete(a)};return{sharedAs:e,load:async()=>(await l(),a()),save:e=>{let t=e&&{...e,savedAt:Math.max(Date.now(),(a()?.savedAt??0)+1)};o(t),s({kind:`tokens`,kept:t})}}},Ne={playground:`Playground`,console:`Console`,account:`Account page`},N=3e3,P=ee({url:`${location.origin}${g}`,storage:Me(`desk`),deviceName:Ne[l]??`Browser`,webSocket:Oe,fetch:(e,t)=>fetch(e,{...t,credentials:`omit`,headers:{...t.headers,accept:`application/json`}})}),F=v({phase:`starting`}),I,L=0,R,z=!1,B=(e,t)=>{clearTimeout(I),I=setTimeout(()=>void e(),t)},V=e=>{L+=1,clearTimeout(I),R=void 0,F.set({phase:`signedOut`,...e})},H=async()=>{if(!P.session||!z)return;L+=1;let e=L;try{let t=await P.accessToken(),{session:n}=P;if(e!==L||!t||!n)return;F.set({phase:`signedIn`,session:n,expiresAt:Date.now()+t.expiresIn*1e3,notice:R}),B(H,t.renewsIn>0?t.renewsIn*1e3:N)}catch(t){let n=F.get();if(e!==L)return;n.phase===`signedIn`&&F.set({...n,renewal:a(t)}),B(H,N)}};P.onSession((e,t)=>{e?H():V({notice:t?a(t):void 0})});var Pe=async()=>{try{await P.restore()}catch(e){return e instanceof n&&e.isTransient?(F.set({phase:`starting`,fault:a(e)}),B(W,N)):(z=!0,V({notice:a(e)}))}let e=await Te(P);R=e.notice,z=!0,P.session?await H():V(e)},U,W=()=>(clearTimeout(I),U??=Pe().finally(()=>U=void 0),U),G=()=>void(F.get().phase===`starting`?W():H());document.addEventListener(`visibilitychange`,G),window.addEventListener(`online`,G),W();var K={get:F.get,subscribe:F.subscribe,start:W,check:()=>void P.me().catch(()=>void 0)},Fe=()=>h(K),Ie=async()=>{let e=await P.accessToken();return e?{authorization:`Bearer ${e.value}`}:{}},q=i(),J=({onCancel:e,children:t})=>{let n=x(),[r,i]=(0,C.useState)(!1),[a,s]=(0,C.useState)(),[c,l]=(0,C.useState)([]),u=async()=>{let{session:e,me:t}=await P.request(ne,{});if(e.recentAuthUntil===null&&t.oauthAccounts.length>0){let{authConfig:e}=await P.request(w,{}),n=new Set(t.oauthAccounts.map(({provider:e})=>e.name));l(e.oauthProviders.filter(({name:e})=>n.has(e)))}s(e.reauthenticationMethods),i(e.recentAuthUntil!==null)};return(0,C.useEffect)(()=>void n.run(u),[]),r?t:a?(0,q.jsx)(Le,{methods:a,providers:c,onConfirmed:()=>i(!0),onCancel:e}):n.fault?(0,q.jsx)(o,{children:n.fault}):(0,q.jsx)(`p`,{children:`One moment …`})},Le=({methods:e,providers:t,onConfirmed:n,onCancel:r})=>{let i=x(),[a,s]=(0,C.useState)(we),[c,l]=(0,C.useState)(``),[u,f]=(0,C.useState)(``),p=e.includes(`TOTP`)||e.includes(`BACKUP_CODE`),m=e.includes(`PASSWORD`)&&!a,h=e.includes(`OAUTH`)&&!a,g=!p&&(m||h);if(e.length===0)return(0,q.jsxs)(q.Fragment,{children:[(0,q.jsx)(`p`,{children:`To do this, please sign out and sign in again: your account has nothing else to confirm that it is you.`}),(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:r,children:`Back`})]});let _=async()=>{let e={...m&&{password:c},...p&&{code:u},...a&&{oauth:a}};s(void 0),await P.request(E,{input:e}),n()},v=(g||h)&&(0,q.jsx)(`div`,{className:`ag-buttons`,children:t.map(({name:e,displayName:t})=>(0,q.jsxs)(`button`,{type:`button`,className:`ag-button`,disabled:i.isRunning,onClick:()=>void i.run(()=>O(P,e,`REAUTHENTICATE`,p)),children:[`Confirm with `,t]},e))});return h?(0,q.jsxs)(q.Fragment,{children:[(0,q.jsx)(`p`,{children:`Please confirm that it is you. You come back to this page.`}),v,(0,q.jsx)(o,{children:i.fault}),(0,q.jsx)(`div`,{className:`ag-buttons`,children:(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:r,children:`Back`})})]}):(0,q.jsxs)(S,{action:i,submit:`Confirm`,onSubmit:_,onCancel:r,children:[(0,q.jsx)(`p`,{children:`Please confirm that it is you.`}),m&&(0,q.jsx)(b,{label:`Password`,type:`password`,autoComplete:`current-password`,autoFocus:!0,value:c,onChange:e=>l(e.target.value)}),p&&(0,q.jsx)(d,{value:u,onChange:f,autoFocus:!m}),v]})},Re=()=>{let e=x(),[t,n]=(0,C.useState)(),[r,i]=(0,C.useState)(),[a,s]=(0,C.useState)(),c=async()=>n((await P.request(ae,{})).me);(0,C.useEffect)(()=>void e.run(c),[]);let l=()=>i(void 0);return a?(0,q.jsx)(He,{codes:a,onDone:()=>{s(void 0),l(),e.run(c)}}):t?r?(0,q.jsxs)(J,{onCancel:l,children:[r===`on`&&(0,q.jsx)(ze,{onCodes:s,onCancel:l}),r===`codes`&&(0,q.jsx)(Be,{onCodes:s,onCancel:l}),r===`off`&&(0,q.jsx)(Ve,{hasPassword:t.hasPassword,onDone:async()=>{await c(),l()},onCancel:l})]}):t.mfa.enabled?(0,q.jsxs)(q.Fragment,{children:[(0,q.jsxs)(`p`,{children:[`On. `,t.mfa.backupCodesRemaining,` backup codes are left.`]}),(0,q.jsxs)(`div`,{className:`ag-buttons`,children:[(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>i(`codes`),children:`Make new backup codes`}),(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>i(`off`),children:`Turn off`})]})]}):(0,q.jsxs)(q.Fragment,{children:[(0,q.jsx)(`p`,{children:`Off. With a second factor a stolen password is not enough.`}),(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>i(`on`),children:`Set up an authenticator app`})]}):e.fault?(0,q.jsx)(o,{children:e.fault}):(0,q.jsx)(`p`,{children:`One moment …`})},ze=({onCodes:e,onCancel:t})=>{let n=x(),[r,i]=(0,C.useState)(),[a,s]=(0,C.useState)(``),c=async()=>{i((await P.request(oe,{})).startMfaEnrollment)};return(0,C.useEffect)(()=>void n.run(c),[]),r?(0,q.jsxs)(S,{action:n,submit:`Turn on`,onSubmit:async()=>{e((await P.request(se,{input:{code:a}})).confirmMfaEnrollment.backupCodes)},onCancel:t,children:[(0,q.jsx)(`p`,{children:`Scan the code with an authenticator app, or type the secret into it.`}),(0,q.jsx)(m,{text:r.otpauthUri,label:`QR code for an authenticator app`}),(0,q.jsx)(`code`,{className:`ag-secret`,children:r.secret}),(0,q.jsx)(d,{label:`Six-digit code that the app shows`,value:a,onChange:s,autoFocus:!0})]}):n.fault?(0,q.jsx)(o,{children:n.fault}):(0,q.jsx)(`p`,{children:`One moment …`})},Be=({onCodes:e,onCancel:t})=>{let n=x(),[r,i]=(0,C.useState)(``);return(0,q.jsxs)(S,{action:n,submit:`Make new codes`,onSubmit:async()=>{e((await P.request(ve,{input:{code:r}})).regenerateBackupCodes.backupCodes)},onCancel:t,children:[(0,q.jsx)(`p`,{children:`The old backup codes stop working.`}),(0,q.jsx)(d,{value:r,onChange:i,autoFocus:!0})]})},Ve=({hasPassword:e,onDone:t,onCancel:n})=>{let r=x(),[i,a]=(0,C.useState)(``),[o,s]=(0,C.useState)(``);return(0,q.jsxs)(S,{action:r,submit:`Turn off`,isDangerous:!0,onSubmit:async()=>{await P.request(_e,{input:{code:o,...e&&{password:i}}}),await t()},onCancel:n,children:[(0,q.jsx)(`p`,{children:`After this, the first step is enough to sign in.`}),e&&(0,q.jsx)(b,{label:`Password`,type:`password`,autoComplete:`current-password`,autoFocus:!0,value:i,onChange:e=>a(e.target.value)}),(0,q.jsx)(d,{value:o,onChange:s})]})},He=({codes:e,onDone:t})=>(0,q.jsxs)(q.Fragment,{children:[(0,q.jsx)(c,{children:`The second factor is on. Each of these codes signs you in once without the app. They are shown only now.`}),(0,q.jsx)(`ul`,{className:`ag-codes`,"aria-label":`Backup codes`,children:e.map(e=>(0,q.jsx)(`li`,{children:(0,q.jsx)(`code`,{children:e})},e))}),(0,q.jsxs)(`div`,{className:`ag-buttons`,children:[(0,q.jsx)(u,{text:e.join(`
`),children:`Copy the codes`}),(0,q.jsx)(`button`,{type:`button`,className:`ag-button ag-primary`,onClick:t,children:`I have kept them`})]})]}),Ue=new Intl.DateTimeFormat(void 0,{dateStyle:`medium`,timeStyle:`short`}),Y=e=>Ue.format(new Date(e)),We=()=>{let e=x(),[t,n]=(0,C.useState)(),r=async()=>n((await P.request(ce,{})).me.sessions);(0,C.useEffect)(()=>void e.run(r),[]);let i=t=>e.run(async()=>{await P.request(le,{input:{sessionId:t}}),await r()}),a=()=>e.run(async()=>{await P.request(ue,{}),await r()}),s=t?.nodes.some(({current:e})=>!e);return(0,q.jsxs)(q.Fragment,{children:[(0,q.jsx)(o,{children:e.fault}),!t&&!e.fault&&(0,q.jsx)(`p`,{children:`One moment …`}),(0,q.jsx)(`ul`,{className:`ag-list`,children:t?.nodes.map(t=>(0,q.jsxs)(`li`,{children:[(0,q.jsx)(X,{row:t}),!t.current&&(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,disabled:e.isRunning,"aria-label":`End the session ${t.device.name??t.device.browser??``} of ${Y(t.createdAt)}`,onClick:()=>void i(t.id),children:`End`})]},t.id))}),t?.pageInfo.hasNextPage&&(0,q.jsx)(`p`,{children:`There are more than these 50.`}),(0,q.jsxs)(`div`,{className:`ag-buttons`,children:[(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,disabled:e.isRunning,onClick:()=>void e.run(r),children:`Read again`}),s&&(0,q.jsx)(`button`,{type:`button`,className:`ag-button`,disabled:e.isRunning,onClick:()=>void a(),children:`End all others`})]})]})},X=({row:e})=>{let{name:t,browser:n,os:r}=e.device,i=[n,r].filter(Boolean).join(` on `);return(0,q.jsxs)(`div`,{children:[(0,q.jsx)(`strong`,{children:t??(i||`Unknown device`)}),` `,e.current&&(0,q.jsx)(`span`,{className:`ag-badge`,children:`this one`}),(0,q.jsxs)(`small`,{children:[t&&i?`${i} · `:``,e.ipAddress,` · last used `,Y(e.lastSeenAt)]})]})},Ge=({code:e,limit:t,message:n})=>({TOO_SHORT:`At least ${t} characters`,TOO_LONG:`At most ${t} characters`,NO_UPPERCASE:`An upper-case letter`,NO_LOWERCASE:`A lower-case letter`,NO_DIGIT:`A digit`,NO_SYMBOL:`A symbol`,TOO_COMMON:`Not a common password`,CONTAINS_IDENTITY:`Without your name and email address`})[e]??n,Ke=({pattern:e},t)=>e===null||t===``?void 0:new RegExp(e,`u`).test(t.normalize(`NFC`)),Z=({value:e,onChange:t,action:n,label:r=`New password`})=>{let[i,a]=(0,C.useState)([]),[o,s]=(0,C.useState)(!1),c=(0,C.useId)();(0,C.useEffect)(()=>void P.request(de,{}).then(({authConfig:e})=>a(e.passwordPolicy.rules),()=>{}),[]);let l=n.error?.fields.some(({path:e})=>/password$/i.test(e))??!1;return(0,q.jsxs)(`div`,{className:`ag-field`,children:[(0,q.jsx)(`label`,{htmlFor:c,children:r}),(0,q.jsx)(`input`,{id:c,type:o?`text`:`password`,autoComplete:`new-password`,autoCapitalize:`none`,spellCheck:!1,required:!0,"aria-describedby":`${c}-rules`,"aria-invalid":l,value:e,onChange:e=>t(e.target.value)}),(0,q.jsxs)(`label`,{className:`ag-check`,children:[(0,q.jsx)(`input`,{type:`checkbox`,checked:o,onChange:e=>s(e.target.checked)}),` Show the password`]}),(0,q.jsx)(`ul`,{className:`ag-rules`,id:`${c}-rules`,"aria-label":`Rules for the password`,children:i.map(t=>{let n=Ke(t,e);return(0,q.jsxs)(`li`,{"data-kept":n,children:[Ge(t),n&&(0,q.jsx)(`span`,{className:`ag-hidden`,children:` (done)`})]},t.code)})})]})},qe=({known:e,onResult:t,onBack:n})=>{let r=x(),[i,a]=(0,C.useState)(e),[o,s]=(0,C.useState)(``),[c,l]=(0,C.useState)(``),[u]=(0,C.useState)(()=>Array.from(crypto.getRandomValues(new Uint32Array(4)),e=>e.toString(16)).join(`-`));return(0,q.jsxs)(S,{action:r,submit:`Create the account`,onSubmit:async()=>t(await P.register({email:i,password:c,name:o.trim()||null,idempotencyKey:u})),onCancel:n,children:[(0,q.jsx)(b,{label:`Email address`,type:`email`,autoComplete:`username`,autoFocus:!0,value:i,onChange:e=>a(e.target.value)}),(0,q.jsx)(b,{label:`Name (optional)`,required:!1,maxLength:80,autoComplete:`name`,value:o,onChange:e=>s(e.target.value)}),(0,q.jsx)(Z,{label:`Password`,action:r,value:c,onChange:l})]})},Je=({notice:e,first:t,mayRegister:n=!1,children:r})=>{let[i,a]=(0,C.useState)(t?.__typename===`SignedIn`?void 0:t),o=e=>a(e.__typename===`SignedIn`?void 0:e),s=()=>a(void 0),c=e=>t=>a({__typename:e,email:t});switch(i?.__typename){case void 0:return(0,q.jsx)(Ye,{notice:e,onResult:o,onForgot:c(`Forgot`),onRegister:n?c(`Register`):void 0,children:r});case`MfaRequired`:return(0,q.jsx)(Ze,{challengeToken:i.challengeToken,onResult:o,onBack:s});case`EmailVerificationRequired`:return(0,q.jsx)(Qe,{email:i.email,onBack:s});case`Forgot`:return(0,q.jsx)($,{known:i.email,onBack:s});case`Register`:return(0,q.jsx)(qe,{known:i.email,onResult:o,onBack:s});case`LoginStep`:return(0,q.jsx)(`p`,{children:i.message})}},Ye=({notice:e,onResult:t,onForgot:n,onRegister:r,children:i})=>{let a=x(),s=x(),[c,l]=(0,C.useState)(),[u,d]=(0,C.useState)(``),[f,p]=(0,C.useState)(``);return(0,C.useEffect)(()=>void s.run(async()=>l((await P.request(w,{})).authConfig)),[]),(0,q.jsxs)(q.Fragment,{children:[(0,q.jsxs)(S,{action:a,submit:`Sign in`,onSubmit:async()=>{let e=await P.login({email:u,password:f});p(``),t(e)},children:[(0,q.jsx)(o,{children:e}),i,(0,q.jsx)(b,{label:`Email address`,type:`email`,autoComplete:`username`,value:u,onChange:e=>d(e.target.value)}),(0,q.jsx)(b,{label:`Password`,type:`password`,autoComplete:`current-password`,value:f,onChange:e=>p(e.target.value)})]}),(0,q.jsx)(Xe,{providers:c?.oauthProviders??[]}),(0,q.jsx)(o,{children:s.fault}),(0,q.jsxs)(`div`,{className:`ag-links`,children:[(0,q.jsx)(`button`,{type:`button`,className:`ag-link`,onClick:()=>n(u),children:`Forgot the password?`}),r&&c?.registrationOpen&&(0,q.jsx)(`button`,{type:`button`,className:`ag-link`,onClick:()=>r(u),children:`Create an account`})]})]})},Xe=({providers:e})=>{let t=x();return e.length===0?null:(0,q.jsxs)(`div`,{className:`ag-buttons`,children:[e.map(({name:e,displayName:n})=>(0,q.jsxs)(`button`,{type:`button`,className:`ag-button`,disabled:t.isRunning,onClick:()=>void t.run(()=>O(P,e,`LOGIN`)),children:[`Sign in with `,n]},e)),(0,q.jsx)(o,{children:t.fault})]})},Ze=({challengeToken:e,onResult:t,onBack:n})=>{let r=x(),[i,a]=(0,C.useState)(``);return(0,q.jsxs)(S,{action:r,submit:`Continue`,onSubmit:async()=>t(await P.verifyMfa({challengeToken:e,code:i})),onCancel:n,children:[(0,q.jsx)(`p`,{children:`This account has a second factor.`}),(0,q.jsx)(d,{value:i,onChange:a,autoFocus:!0})]})},Q=()=>p===`development`?(0,q.jsxs)(`p`,{children:[`Without a mail server, emails are in the`,` `,(0,q.jsx)(`a`,{href:_,target:`_blank`,rel:`noreferrer`,children:`mailbox`}),`.`]}):null,Qe=({email:e,onBack:t})=>{let n=x(),[r,i]=(0,C.useState)(!1);return(0,q.jsxs)(S,{action:n,submit:`Send the email again`,onSubmit:async()=>{await P.request(T,{input:{email:e}}),i(!0)},onCancel:t,children:[(0,q.jsx)(`p`,{children:`Please verify your email address first. We sent you an email with a link.`}),(0,q.jsx)(Q,{}),r&&(0,q.jsxs)(`p`,{role:`status`,children:[`Sent to `,e,`.`]})]})},$=({known:e=``,onBack:t})=>{let n=x(),[r,i]=(0,C.useState)(e),[a,o]=(0,C.useState)();return(0,q.jsxs)(S,{action:n,submit:`Send a link`,onSubmit:async()=>{await P.request(te,{input:{email:r}}),o(r)},onCancel:t,children:[(0,q.jsx)(`p`,{children:`You get an email with a link to choose a new password.`}),(0,q.jsx)(b,{label:`Email address`,type:`email`,autoComplete:`username`,value:r,onChange:e=>i(e.target.value)}),a!==void 0&&(0,q.jsxs)(`div`,{role:`status`,children:[(0,q.jsxs)(`p`,{children:[`If `,a,` has an account, the email is on its way.`]}),(0,q.jsx)(Q,{})]})]})};export{T as C,he as S,Se as _,We as a,xe as b,J as c,K as d,Fe as f,pe as g,me as h,Z as i,P as l,O as m,Q as n,Y as o,ke as p,Je as r,Re as s,$ as t,Ie as u,ge as v,be as w,ye as x,fe as y};