import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { gate } from './gate/gate.svelte';
import { setLanguage } from './i18n/index.svelte';
import { applyChoices } from './lib/choices.svelte';
import { applyTheme, session } from './lib/session.svelte';

applyTheme('system');
applyChoices();
await setLanguage('system');
const target = document.getElementById('app');
if (target) mount(App, { target });
void session.start();
void gate.start();
